"""Results for readers: formats, charts, downloads and reports. Nothing here computes an insight."""
