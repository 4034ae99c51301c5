"""Compiled twins of tsfresh's calculators: flat samples and offsets in, one row a series out."""
