"""How good a run was."""
