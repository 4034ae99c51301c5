"""Many cells at once: find them, triage them, keep what was found."""
