"""What we say: the journal, the console, the clock, and what is blacked out."""
