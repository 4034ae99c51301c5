"""Judging many cells: jobs, batches, processes."""
