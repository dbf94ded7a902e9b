"""Reading files that people upload: every guess is shown, no row is lost silently.

`caged.inspect_file` and `caged.read_in_cage` are the doors; behind them `job.read_files` runs in
the cage: containers → encoding → layout → raw rows → totals → column types → typed table.
"""
