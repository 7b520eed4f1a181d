"""What a network costs: parameters, MACs, memory, latency; block diagrams and datasheets."""
