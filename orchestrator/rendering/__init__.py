"""The window onto templates: prompts in, reports out."""
