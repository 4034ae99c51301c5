"""What each feature is, and the sentence that tells it."""
