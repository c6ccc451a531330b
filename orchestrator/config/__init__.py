"""What we were told: settings, read from the base commit and checked before use."""
