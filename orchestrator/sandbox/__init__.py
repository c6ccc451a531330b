"""The window onto processes, worktrees and git."""
