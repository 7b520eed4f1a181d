"""The page Optimizer race: races on surfaces and on networks."""
