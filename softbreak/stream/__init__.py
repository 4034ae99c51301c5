"""Runs that are still going: sources, watching, alarms."""
