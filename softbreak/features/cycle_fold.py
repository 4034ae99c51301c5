"""The features of cycles for a live cell: the same numbers, one cycle at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from softbreak.features.cycle_features import (
    MEASURED,
    Reading,
    count_event,
    input_rows,
    known_of,
    mean_slopes,
    spectrum_rows,
    sweep_rows,
)
from softbreak.features.cycles import CYCLE_COLUMNS
from softbreak.features.evidence import CellEvidence
from softbreak.features.half_cycle import STATISTICS
from softbreak.features.history import INPUTS, OUTPUTS, advance, new_state


class CycleFold:
    """Features of a live cell's cycles, each as it ends.

    Parameters
    ----------
    evidence : CellEvidence
        Spectra and voltammograms that were taken before the cycles; those of its timeline do not
        count.
    readings : sequence of ImpedanceReading
    """

    def __init__(self, evidence: CellEvidence, readings: Sequence[Reading]) -> None:
        self._known = known_of(evidence)
        self._state = new_state()
        self._highest = 0.0
        spectra, spectra_ohm = spectrum_rows(evidence, readings)
        sweeps, chords = sweep_rows(evidence)
        self._spectra = _Newest([r.time_second for r in readings], spectra, spectra_ohm)
        self._sweeps = _Newest(evidence.sweeps["end_time_second"].to_list(), sweeps, chords)

    def row(
        self, cycle: np.ndarray, half_cycles: np.ndarray, changes: Sequence[float]
    ) -> np.ndarray:
        """Return ``COLUMNS`` of the next cycle.

        Parameters
        ----------
        cycle : numpy.ndarray
            See :data:`softbreak.features.cycles.CYCLE_COLUMNS`.
        half_cycles : numpy.ndarray, shape (n, len(STATISTICS))
        changes : sequence of float
            Δ ln R of its abrupt events.
        """
        columns = {name: cycle[k : k + 1] for name, k in _PLACES.items()}
        edges = (half_cycles[:, _FIRST], half_cycles[:, _LAST])
        slopes = mean_slopes(edges, np.zeros(len(half_cycles), dtype=np.int64), 1)
        events = np.zeros((1, 5))
        for change in changes:
            count_event(events[0], change)
        rows = input_rows(columns, slopes, events, self._known, self._highest)
        whole = abs(float(columns["resistance_ohm"][0]))
        self._highest = max(self._highest, whole) if math.isfinite(whole) else self._highest
        end = float(columns["end_time_second"][0])
        spectrum, s_level, s_seen, s_age = self._spectra.at(end)
        sweep, c_level, c_seen, c_age = self._sweeps.at(end)
        rows[0, _BESIDE] = s_level, s_seen, c_level, c_seen
        out = np.empty((1, len(OUTPUTS)))
        advance(self._state, rows, out)
        return np.concatenate([out[0], spectrum, sweep, (s_age, c_age)])


_PLACES: Final = {name: CYCLE_COLUMNS.index(name) for name in MEASURED}
_FIRST, _LAST = (STATISTICS.index(f"{name}_voltage_volt") for name in ("first", "last"))
_BESIDE: Final = [
    INPUTS.index(name)
    for name in ("ln_spectrum_ohm", "spectra_seen", "ln_chord_ohm", "sweeps_seen")
]


class _Newest:
    """The newest of several measurements, as of moments that go on."""

    def __init__(self, times: Sequence[float], rows: np.ndarray, levels: np.ndarray) -> None:
        self._times = np.asarray(times, dtype=np.float64)
        self._rows, self._levels = rows, levels
        self._nothing = np.full(rows.shape[1], np.nan)
        self._last, self._count = -1, math.nan

    def at(self, moment: float) -> tuple[np.ndarray, float, int, float]:
        """Features, ln R, how many there were, and the age in cycles."""
        newest = int(np.searchsorted(self._times, moment, side="right")) - 1
        self._count = 0.0 if newest != self._last else self._count + 1.0
        self._last = newest
        if newest < 0:
            return self._nothing, math.nan, 0, math.nan
        return self._rows[newest], float(self._levels[newest]), newest + 1, self._count
