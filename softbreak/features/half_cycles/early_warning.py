"""Early warnings: what an open half-cycle shows within three samples, before it is finished.

Works on samples as they arrive, with the magnitude of V/I, so that it does not matter how the
cycler records the voltage. What the half-cycles of the same direction before did at the same
phase is subtracted first. A warning is a guess; the finished half-cycle confirms or withdraws it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.features.half_cycles.measured import EXCURSIONS, NO_TWIN, Twin
from softbreak.features.kernels.early_warning_scan import SIGN, SWITCHES, scan
from softbreak.features.kernels.half_cycle import STATISTICS

REASONS: Final = ("drop", "telegraph", "collapse")
_STATE: Final = 31
_FOUND: Final = 5
_LAST_VOLTAGE: Final = STATISTICS.index("last_voltage_volt")


class Warned(NamedTuple):
    """One warning.

    Attributes
    ----------
    reason : str
        "drop", "telegraph" or "collapse".
    time : float
        The sample at which it happened, as the file tells the time (s).
    change : float
        Δ ln R.
    before, after : float
        Apparent resistance (Ω).
    """

    reason: str
    time: float
    change: float
    before: float
    after: float


def borne_out(warning: Warned, row: np.ndarray, events: np.ndarray) -> bool:
    """Tell whether a finished half-cycle bears a warning out.

    Parameters
    ----------
    warning : Warned
    row : numpy.ndarray
        Of the half-cycle, see :class:`softbreak.features.half_cycles.measured.HalfCycles`.
    events : numpy.ndarray
        Its abrupt events, see there.
    """
    begin, end, samples, _, current = row[:5]
    left = abs(row[_LAST_VOLTAGE]) / max(current, 1e-300)
    if warning.reason == "drop":
        near = 5.0 * (end - begin) / max(samples - 1.0, 1.0)
        seen = (events[:, 3] < 0.0) & (np.abs(events[:, 2] - warning.time) <= near)
        return bool(seen.any() or left < warning.before * np.exp(0.5 * warning.change))
    if warning.reason == "telegraph":
        drops = int((events[:, 3] < 0.0).sum())
        return bool(row[EXCURSIONS : EXCURSIONS + 3].max() + drops >= SWITCHES - 1)
    return bool(left < warning.before * np.exp(-0.5))


class Lookout:
    """Watches the open half-cycle of one record."""

    def __init__(self) -> None:
        self.state = np.zeros(_STATE)
        self._out = np.empty((4, _FOUND))
        self.begin((NO_TWIN, NO_TWIN))

    @property
    def sign(self) -> int:
        """Sign of the current of the half-cycle that it watches; zero in a rest."""
        return int(self.state[SIGN])

    def begin(self, twins: tuple[Twin, Twin]) -> None:
        """Hear of the two half-cycles of the same sign before, when another one begins."""
        self._twins = twins
        self._samples = (twins[0].samples, twins[1].samples)
        self._noise = _quieter(*twins)

    def scan(self, stage: np.ndarray, start: int) -> tuple[int, list[Warned]]:
        """Look at samples up to the beginning of another half-cycle.

        Parameters
        ----------
        stage : numpy.ndarray, shape (6, n)
            From :func:`softbreak.features.half_cycles.samples.staged`.
        start : int

        Returns
        -------
        stop : int
            First sample of another half-cycle, or ``n``.
        warnings : list of Warned
        """
        stop, found = scan(stage, start, self.state, self._samples, self._noise, self._out)
        if not found:
            return stop, []
        told = [Warned(REASONS[int(row[0])], *row[1:]) for row in self._out[:found].tolist()]
        return stop, told

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        return {"state": self.state, "twins": [list(twin) for twin in self._twins]}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Lookout:
        """Undo :meth:`dump`."""
        lookout = cls()
        lookout.state = stored["state"]
        twin, older = stored["twins"]
        lookout.begin((Twin(*twin), Twin(*older)))
        return lookout


def _quieter(twin: Twin, older: Twin) -> float:
    """Scatter of a voltage sample (V): that of a telegraph is the distance of its levels."""
    one, other = twin.noise, older.noise
    return other if other < one or math.isnan(one) else one
