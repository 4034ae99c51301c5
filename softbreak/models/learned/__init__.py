"""Detectors that were taught."""
