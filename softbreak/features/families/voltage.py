"""Voltage features of half-cycles: level, quality, shape, extent, steps, states, relaxation.

All voltages are *along the current* (v·sign), so that swapped leads or a file with the other sign
convention give the same numbers. Statistics are weighted by time (trapezoid) unless they are
about samples. The first two samples after a reversal, which hold the double layer and the
cycler's own settling, are left out of everything but duration, charge and energy. A row depends
on the samples of its own half-cycle alone; what needs another half-cycle (same phase of the cycle
before, asymmetry, own baseline) is built on top.

What cannot be said is NaN; nothing is ever infinite. Voltages or currents beyond 10⁶ V or A and
samples that are not numbers count as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final

import numpy as np

from softbreak.features.descriptions import voltage_rows as table
from softbreak.features.descriptions.feature import Feature
from softbreak.features.kernels.voltage import features as _features
from softbreak.features.kernels.voltage_columns import Columns

NAMES: Final[tuple[str, ...]] = Columns._fields
"""The columns, in order."""

ABSOLUTE: Final = frozenset({"samples", "below_offset_share"})
"""Dimensionless, and yet not the same on another cell or cycler."""


def _described(rows: Iterable[table.Row], transferable: bool) -> list[Feature]:
    found = []
    for name, unit, formula, source, directions, confounders in rows:
        healthy, soft, hard = directions.split()
        moved: Mapping[str, str] = dict(word.split(":") for word in confounders.split())
        found.append(
            Feature(
                name,
                unit,
                "voltage",
                formula,
                source,
                healthy,
                soft,
                hard,
                MappingProxyType(moved),
                transferable and name not in ABSOLUTE,
            )
        )
    return found


FEATURES: Final[tuple[Feature, ...]] = tuple(
    _described(table.LEVEL, transferable=False)
    + _described(
        (*table.QUALITY, *table.SHAPE, *table.EXTENT, *table.STEPS, *table.STATES),
        transferable=True,
    )
)
"""What each column is, in the order of the columns."""


def half_cycle_features(  # noqa: PLR0913, PLR0917 - four columns and where to cut them
    time: np.ndarray,
    voltage: np.ndarray,
    imposed: np.ndarray,
    temperature: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    signs: np.ndarray,
) -> np.ndarray:
    """Measure half-cycles.

    Parameters
    ----------
    time, voltage, imposed, temperature : numpy.ndarray, shape (n,)
        s, V, A, °C. float32 or float64; sums are in float64. Time never steps back (a step back
        is taken as a clock that stood still). ``temperature`` may have shape (0,) where none was
        logged. ``imposed`` is the current that the instrument imposed where that is known.
    starts, stops, signs : numpy.ndarray of int, shape (m,)
        Half-cycles as the Segmenter gives them: samples start to stop − 1, sign ±1.

    Returns
    -------
    numpy.ndarray, shape (m, len(FEATURES))
        One row a half-cycle; columns: ``NAMES``.
    """
    arrays = _prepared(time, voltage, imposed, temperature)
    out = np.empty((len(starts), len(NAMES)))
    _features(*arrays, _whole(starts), _whole(stops), _whole(signs), out)
    return out


def half_cycle_features_parallel(
    time: np.ndarray,
    voltage: np.ndarray,
    imposed: np.ndarray,
    temperature: np.ndarray,
    cuts: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    threads: int = 2,
) -> np.ndarray:
    """Measure half-cycles on several cores; the rows are those of `half_cycle_features`.

    Plain threads: the kernel lets go of the interpreter's lock, and a thread pool of the
    compiler's own would not survive the forks of worker processes.

    Parameters
    ----------
    time, voltage, imposed, temperature : numpy.ndarray, shape (n,)
        As in `half_cycle_features`.
    cuts : tuple of numpy.ndarray
        Starts, stops, signs.
    threads : int
    """
    arrays = _prepared(time, voltage, imposed, temperature)
    starts, stops, signs = (_whole(x) for x in cuts)
    out = np.empty((len(starts), len(NAMES)))
    # equal numbers of samples, not of half-cycles, to each
    reached = np.cumsum(stops - starts)
    total = reached[-1] if len(reached) else 0
    edges = np.searchsorted(reached, total * np.arange(threads + 1) / threads)
    edges[-1] = len(starts)

    def measure(part: int) -> None:
        mine = slice(edges[part], edges[part + 1])
        _features(*arrays, starts[mine], stops[mine], signs[mine], out[mine])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(measure, range(threads)))
    return out


def _prepared(
    time: np.ndarray, voltage: np.ndarray, imposed: np.ndarray, temperature: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bring arrays into the few kinds that are compiled."""
    voltage, imposed = np.asarray(voltage), np.asarray(imposed)
    single = voltage.dtype == imposed.dtype == np.float32
    kind = np.float32 if single else np.float64
    return (
        np.ascontiguousarray(time, dtype=np.float64),
        np.ascontiguousarray(voltage, dtype=kind),
        np.ascontiguousarray(imposed, dtype=kind),
        np.ascontiguousarray(temperature, dtype=np.float64),
    )


def _whole(numbers: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(numbers, dtype=np.int64)
