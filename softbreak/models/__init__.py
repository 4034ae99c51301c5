"""Detectors: evidence becomes a verdict."""
