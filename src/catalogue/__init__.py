"""Catalogue copy in bulk: a cheap model first, a sure one behind it, and an account of both."""
