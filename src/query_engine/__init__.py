"""From a question to approved SQL: interpretations, plans, compilation, guard, lints."""
