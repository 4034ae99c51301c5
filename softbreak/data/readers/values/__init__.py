"""What is written in a file's columns: numbers, dates, durations, units, and their witnesses."""
