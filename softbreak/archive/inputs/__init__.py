"""What an archive holds: files, the manifest, and which of them are one cell."""
