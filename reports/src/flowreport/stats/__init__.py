"""Statistics: pure functions, numpy arrays in, frozen dataclasses out. They know nothing of benchmarks."""
