"""Files that hold files or tables: zip, gzip, Access."""
