"""Labels, splits, training and honest metrics."""
