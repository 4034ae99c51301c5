"""Numbers of nature, and of solid cells, that several rooms use."""

from __future__ import annotations

from typing import Final

BOLTZMANN_EV: Final = 8.617333262e-5
"""Boltzmann's constant (eV K⁻¹)."""
BOLTZMANN_EV_TRAINED: Final = 8.617333e-5
"""The same with the digits that shipped models were trained with; equal bits matter there, while
the difference of 3 parts in 10⁸ does not."""
ACTIVATION_EV: Final = 0.40
"""Usual activation energy (eV) of a solid cell's resistance."""
ELECTROLYTE_EV: Final = 0.35
"""The same of the bare electrolyte."""
