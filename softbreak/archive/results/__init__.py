"""What a triage leaves behind, and questions to it."""
