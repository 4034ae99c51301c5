"""Live cells: sources that hand on what is new, a store that survives anything, alarms."""
