"""Facts computed from a result, and sentences in which every number is such a fact."""
