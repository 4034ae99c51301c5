"""Features, a file a technique."""
