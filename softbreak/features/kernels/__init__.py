"""Arithmetic on plain arrays, compiled."""
