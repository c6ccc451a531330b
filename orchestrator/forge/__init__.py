"""The window onto issues and pull requests."""
