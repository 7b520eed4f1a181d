"""Long work in worker processes: jobs, their queue, the worker and what can go wrong."""
