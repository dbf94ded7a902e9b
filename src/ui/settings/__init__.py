"""The Settings page: keys, models, budgets, limits, and how numbers are written."""
