"""All that is known of a cell, gathered for a detector."""
