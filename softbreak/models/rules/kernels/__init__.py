"""The decisions of the physics rule, compiled."""
