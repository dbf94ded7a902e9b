"""The Ask page: question, readings, SQL review, result. One file a step."""
