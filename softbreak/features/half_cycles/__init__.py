"""From samples to measured half-cycles."""
