"""The parts of the benchmarks: each measures one thing."""
