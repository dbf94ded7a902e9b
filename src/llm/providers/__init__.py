"""One adapter per provider SDK. Nothing outside this package knows a provider's own types."""
