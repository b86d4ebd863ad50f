"""The gate: whether a candidate is slower, or needs more memory, than its base."""
