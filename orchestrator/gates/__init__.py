"""What must be true before a person is asked to merge."""
