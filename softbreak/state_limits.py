"""Where healthy ends and hard begins, on the scale of the electronic fraction η_e."""

from __future__ import annotations

from typing import Final

HEALTHY_BELOW: Final = 0.05
"""An electronic fraction below this is healthy: about the best resolution of routine evidence."""
HEALTHY_UPPER: Final = 0.10
"""Upper bound of the electronic fraction beyond which "healthy" is not said."""
HARD_FROM: Final = 0.95
"""An electronic fraction from this on is a hard breakdown: only electrons, within resolution."""
