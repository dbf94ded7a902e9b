"""Reading files that people upload: every guess is shown, no row is lost silently."""
