"""Use cases: each is one function that a shell, a notebook or a service calls."""
