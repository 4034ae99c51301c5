"""From evidence to a diagnosis: verdicts, curves, sentences."""
