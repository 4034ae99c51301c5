"""Files become records, records become half-cycles."""
