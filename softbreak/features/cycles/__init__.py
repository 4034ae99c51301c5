"""Half-cycles paired to cycles, and the order of a life."""
