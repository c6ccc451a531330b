"""Pre-flight: what would make a run pointless is found before a token is spent."""
