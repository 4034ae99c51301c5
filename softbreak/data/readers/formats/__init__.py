"""Formats that many programs write: text tables, BDF, Access, zip."""
