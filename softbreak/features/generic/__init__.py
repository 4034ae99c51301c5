"""Features that know no electrochemistry."""
