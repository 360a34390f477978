"""The simulator: requests flow through the design's call graph; every figure comes with its interval."""
