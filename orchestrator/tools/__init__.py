"""What a worker may do."""
