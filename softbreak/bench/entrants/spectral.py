"""Power of dV/dt at high frequencies, in the manner of published work on dynamic soft shorts."""

from __future__ import annotations

import numpy as np

from softbreak.bench.entrants.entrant import REFERENCE, PlainCell, scored


def score(cell: PlainCell) -> np.ndarray:
    """Return log power of dV/dt above half of the Nyquist frequency over that of first cycles."""

    def power(rows: np.ndarray) -> float:
        if len(rows) < 12:
            return np.nan
        inside = rows[len(rows) // 5 :]  # the rise after the reversal is no short
        grid = np.linspace(cell.time[inside[0]], cell.time[inside[-1]], len(inside))
        slope = np.diff(np.interp(grid, cell.time[inside], np.abs(cell.voltage[inside])))
        spectrum = np.abs(np.fft.rfft(slope * np.hanning(len(slope)))) ** 2
        return float(spectrum[len(spectrum) // 2 :].mean())

    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.array(
            [np.mean([power(h) for h in own]) if own else np.nan for own in cell.parts]
        )
        first = np.nanmedian(level[:REFERENCE]) if np.isfinite(level[:REFERENCE]).any() else np.nan
        return np.log10(np.maximum(level, 1e-18) / max(first, 1e-18))


ENTRANT = scored(
    "spectral-dvdt", "power of dV/dt at high frequencies over the first cycles'", score
)
