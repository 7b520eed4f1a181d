"""What the benchmarks run against: servers, browsers, visitors."""
