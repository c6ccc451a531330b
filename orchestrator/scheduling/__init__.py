"""In which order tasks run, and the only place with threads."""
