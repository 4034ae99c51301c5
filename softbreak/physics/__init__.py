"""Pure array functions with their source and equation number; imports nothing of ours."""
