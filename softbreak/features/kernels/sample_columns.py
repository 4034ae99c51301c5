"""Rows of the buffer in which the samples of a record wait for the end of their half-cycle."""

from __future__ import annotations

TIME, VOLTAGE, IMPOSED, WARMTH, FREE, CURRENT, KNOWN = range(7)
"""Rows of the buffer: s, V, A (zero where unknown), °C, 1 where no voltage was imposed, A as
measured, 1 where the imposed current is the instrument's word."""
