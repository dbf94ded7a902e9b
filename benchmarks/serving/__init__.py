"""Loopback servers that benchmarks and tests measure against."""
