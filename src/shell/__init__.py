"""The command line's words and JSON: how outcomes, results and errors leave a shell command."""
