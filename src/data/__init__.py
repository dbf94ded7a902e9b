"""Where the data lives: warehouses, uploads, profiles and the semantic model."""
