"""The Catalogue page: product copy in bulk, from a file of products to a file of texts."""
