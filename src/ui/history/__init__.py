"""The History page: every analysis of this owner, to be found and opened again at its step."""
