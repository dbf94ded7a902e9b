"""Campaign Analyst: questions about campaigns, answered with a human in the loop.

`docs/ARCHITECTURE.md` is the map. Imports go down only:
config and llm, then data, then query_engine and insights, then workflow, then screens and shell.
"""
