"""The Data page: uploads, what was understood of them, and the semantic model to read and edit."""
