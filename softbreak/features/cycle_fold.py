"""The features of cycles for a live cell: the same numbers, one cycle at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import (
    COLUMNS,
    SPECTRUM_COLUMNS,
    SWEEP_COLUMNS,
    Reading,
    spectrum_rows,
    sweep_rows,
)
from softbreak.features.families.cycle_inputs import (
    EVENT_SUMS,
    MEASURED,
    arguments,
    finish,
    known_of,
    tally,
)
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.features.kernels.cycle_history import INPUTS, OUTPUTS, advance, new_state
from softbreak.features.kernels.half_cycle import STATISTICS


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
            See :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS`.
        half_cycles : numpy.ndarray, shape (n, len(STATISTICS))
        changes : sequence of float
            Δ ln R of its abrupt events.
        """
        measured = cycle[_PLACES].reshape(1, -1)
        edges = half_cycles[:, _EDGES]
        logs = np.empty(4 + len(edges))
        self._highest = arguments(measured, edges, self._highest, logs)
        np.log(logs, out=logs)
        end = float(cycle[_END])
        spectrum, *beside_s, s_age = self._spectra.at(end)
        sweep, *beside_c, c_age = self._sweeps.at(end)
        out = np.empty((1, len(COLUMNS)))
        found = np.array(changes, dtype=np.float64) if changes else _NOTHING
        beside = (*beside_s, *beside_c)
        _step(self._state, (measured, logs, found), self._known, beside, out)
        out[0, _SPECTRUM], out[0, _SWEEP] = spectrum, sweep
        out[0, -2], out[0, -1] = s_age, c_age
        return out[0]


@exact
def _step(state, cycle, known, beside, out):
    """Fold one cycle into the state, and write its features."""
    measured, logs, changes = cycle
    sums, rows = np.zeros((1, EVENT_SUMS)), np.empty((1, _INPUTS))
    tally(np.zeros(len(changes), np.int64), changes, sums)
    bounds = np.zeros(2, np.int64)
    bounds[1] = len(logs) - 4
    finish(measured, logs, bounds, sums, known, rows)
    rows[0, _BESIDE], rows[0, _BESIDE + 1] = beside[0], beside[1]
    rows[0, _BESIDE + 2], rows[0, _BESIDE + 3] = beside[2], beside[3]
    advance(state, rows, out[:, :_OUTPUTS])


_PLACES: Final = np.array([CYCLE_COLUMNS.index(name) for name in MEASURED])
_END: Final = CYCLE_COLUMNS.index("end_time_second")
_EDGES: Final = np.array([STATISTICS.index(f"{name}_voltage_volt") for name in ("first", "last")])
_NOTHING: Final = np.empty(0)
_INPUTS, _OUTPUTS = len(INPUTS), len(OUTPUTS)
_BESIDE: Final = INPUTS.index("ln_spectrum_ohm")
"""Four in a row: of the newest spectrum and voltammogram, ln R and how many there were."""
_SPECTRUM: Final = slice(_OUTPUTS, _OUTPUTS + len(SPECTRUM_COLUMNS))
_SWEEP: Final = slice(_SPECTRUM.stop, _SPECTRUM.stop + len(SWEEP_COLUMNS))


class _Newest:
    """The newest of several measurements, as of moments that go on."""

    def __init__(self, times: Sequence[float], rows: np.ndarray, levels: np.ndarray) -> None:
        self._times = np.asarray(times, dtype=np.float64)
        self._rows, self._levels = rows, levels
        self._nothing = np.full(rows.shape[1], np.nan)
        self._last, self._count = -1, math.nan

    def at(self, moment: float) -> tuple[np.ndarray, float, float, float]:
        """Features, ln R, how many there were, and the age in cycles."""
        if not len(self._times):
            return self._nothing, math.nan, 0.0, math.nan
        newest = int(np.searchsorted(self._times, moment, side="right")) - 1
        self._count = 0.0 if newest != self._last else self._count + 1.0
        self._last = newest
        if newest < 0:
            return self._nothing, math.nan, 0.0, math.nan
        return self._rows[newest], float(self._levels[newest]), newest + 1.0, self._count
