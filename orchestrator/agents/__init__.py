"""One worker: the loop, the roles, the roster."""
