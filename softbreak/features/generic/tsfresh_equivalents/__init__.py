"""tsfresh's selected features, compiled."""
