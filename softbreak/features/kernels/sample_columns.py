"""Rows of a staged chunk, and of the buffer in which samples wait for their half-cycle's end."""

from __future__ import annotations

IN_T, IN_V, IN_C, IN_CONTROL, IN_HELD, IN_WARM = range(6)
"""Rows of a staged chunk: s, V, A, the current and the voltage that were imposed, °C."""
TIME, VOLTAGE, IMPOSED, WARMTH, FREE, CURRENT, KNOWN = range(7)
"""Rows of the buffer: s, V, A (zero where unknown), °C, 1 where no voltage was imposed, A as
measured, 1 where the imposed current is the instrument's word."""
