"""Untrusted SQL and files run here, in disposable processes that can reach nothing else.

The app's side: `prescan`, `launcher`, `pool`, `jobs`. The worker's side: `fork_server`, `confine`,
`duckdb_worker`, `postgres_worker`, `guard_worker`, `job_worker` and the guards; it imports nothing
of the app's settings and starts with an empty environment.
"""
