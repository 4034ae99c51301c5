"""Half-cycles as bare curves: the voltage over its median, laid end to end.

Chemistry, area, current and the direction of the current set the voltage's size and sign. Over its
own median only the shape is left, and generic features of shape can be learned on one cell and
used on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.generic.kernels.grid import FEWEST_SAMPLES, normalised, on_grid
from softbreak.features.half_cycles.polarity import Series, segmented


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The curves of many half-cycles.

    Attributes
    ----------
    values : numpy.ndarray of float64
        V/median(V), half-cycle after half-cycle; dimensionless, about 1.
    progress : numpy.ndarray of float64
        Share of the half-cycle's duration that has passed, 0 to 1.
    offsets : numpy.ndarray of int64, shape (m + 1,)
        Where each half-cycle begins in ``values``; the last is where the last one ends.
    cycle_index : numpy.ndarray of int64, shape (m,)
        Cycle that each half-cycle belongs to.
    """

    values: np.ndarray
    progress: np.ndarray
    offsets: np.ndarray
    cycle_index: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def samples(self) -> np.ndarray:
        """Samples of each half-cycle, shape (m,)."""
        return np.diff(self.offsets)

    @property
    def usable(self) -> np.ndarray:
        """True where a half-cycle has samples enough for a shape, shape (m,)."""
        return self.samples >= FEWEST_SAMPLES

    def taken(self, chosen: np.ndarray) -> Curves:
        """Only some half-cycles: their numbers, or a mask."""
        numbers = np.arange(len(self))[chosen]
        lengths = self.samples[numbers]
        offsets = _ends(lengths)
        places = np.repeat(self.offsets[numbers] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Curves(
            self.values[places], self.progress[places], offsets, self.cycle_index[numbers]
        )

    def resampled(self, points: int) -> Curves:
        """Every half-cycle on the same grid of times, so that the sampling rule does not matter.

        Half-cycles that are not ``usable`` become empty.
        """
        grid = on_grid(self.values, self.progress, self.offsets, points)
        kept = self.usable
        progress = np.tile(np.linspace(0.0, 1.0, points), int(kept.sum()))
        offsets = _ends(np.where(kept, points, 0))
        return Curves(grid[kept].ravel(), progress, offsets, self.cycle_index)


def _ends(lengths: np.ndarray) -> np.ndarray:
    """Offsets of pieces of such lengths."""
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def joined(parts: Sequence[Curves]) -> Curves:
    """Lay curves of several cells end to end."""
    return Curves(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.progress for part in parts]),
        _ends(np.concatenate([part.samples for part in parts])),
        np.concatenate([part.cycle_index for part in parts]),
    )


def curves_from(
    time: np.ndarray,
    voltage: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    cycle_index: np.ndarray,
) -> Curves:
    """Curves of half-cycles from flat arrays.

    Parameters
    ----------
    time, voltage : numpy.ndarray, shape (n,)
        s, V. Samples without a finite voltage are left out, and the first two after a reversal.
    starts, stops : numpy.ndarray of int, shape (m,)
        Half-cycles as the Segmenter gives them.
    cycle_index : numpy.ndarray of int, shape (m,)
    """
    values, progress, lengths = normalised(
        np.ascontiguousarray(time, dtype=np.float64),
        np.ascontiguousarray(voltage, dtype=np.float64),
        np.ascontiguousarray(starts, dtype=np.int64),
        np.ascontiguousarray(stops, dtype=np.int64),
    )
    return Curves(values, progress, _ends(lengths), np.asarray(cycle_index, dtype=np.int64))


def curves_of(history: CellHistory) -> Curves:
    """Curves of all half-cycles of a cell, in the order of its timeline.

    Parameters
    ----------
    history : CellHistory
    """
    table = build_timeline(history).half_cycles
    cycling = history.of(Technique.CYCLING)
    parts = [
        _curves_of_record(segmented(record, clock), table[table["record"] == number])
        for number, (record, clock) in enumerate(cycling)
    ]
    empty = np.empty(0)
    return joined([Curves(empty, empty, _ends(empty), empty.astype(np.int64)), *parts])


def _curves_of_record(series: Series, rows: pd.DataFrame) -> Curves:
    """Curves of the half-cycles of one record that the timeline kept."""
    samples = rows["samples"].to_numpy(dtype=np.int64)
    starts = _first_samples(series, rows["start_time_second"].to_numpy(), samples)
    return curves_from(
        series.time, series.voltage, starts, starts + samples, rows["cycle_index"].to_numpy()
    )


def _first_samples(series: Series, begin: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Find where half-cycles (or slices of one) start.

    Cyclers write the last sample of one half-cycle and the first of the next at the same time: of
    samples at one time, that counts at which a half-cycle of this length starts.
    """
    length_at = dict(
        zip(series.starts.tolist(), (series.stops - series.starts).tolist(), strict=True)
    )
    first = np.searchsorted(series.time, begin, side="left")
    last = np.searchsorted(series.time, begin, side="right")
    found = first.copy()
    for m in range(len(found)):
        for k in range(int(first[m]), int(last[m])):
            if length_at.get(k) == samples[m]:
                found[m] = k
                break
    return found
