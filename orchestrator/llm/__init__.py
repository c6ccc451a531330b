"""The window onto the language model; the only room that knows its library."""
