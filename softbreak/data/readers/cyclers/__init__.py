"""Native files of cyclers and potentiostats."""
