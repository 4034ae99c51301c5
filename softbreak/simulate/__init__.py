"""Cells whose truth is known: one hidden state from which every measurement follows.

It imports nothing of the physics, features or models that are graded on its cells.
"""
