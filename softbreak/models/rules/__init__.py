"""The physics rules: voltage, cyclic voltammetry, impedance, and all of them together."""
