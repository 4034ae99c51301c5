"""Files become records: ``read(path)`` recognises the format by content and reads it."""
