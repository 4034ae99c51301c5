"""Compiled loops of the generic features: arrays in, arrays out."""
