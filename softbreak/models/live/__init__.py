"""A cell that is still running."""
