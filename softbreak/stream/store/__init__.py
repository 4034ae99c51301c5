"""Where a watch keeps what it has seen and said."""
