"""Runs programs on cells, and holds what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from softbreak.simulate.kernel import run_cells
from softbreak.simulate.protocols import SPECTRUM

CLIMATE = np.dtype(
    [
        ("swing", "f8"),  # K, 24 h sine
        ("phase", "f8"),  # rad
        ("step_hour", "f8"),
        ("step", "f8"),  # K
        ("lag", "f8"),  # s, time constant with which the cell follows the step
    ],
    align=True,
)
"""What the chamber does beside its set point."""

ROW = np.dtype(
    [
        ("time", "f8"),  # s of the cell's life
        ("voltage", "f4"),  # V, terminals
        ("current", "f4"),  # A/cm²
        ("temperature", "f4"),  # °C
        ("eta", "f4"),  # electronic share of the current; NaN where none flows
        ("step", "i4"),  # index in the program
        ("keep", "i4"),  # 0 where the instrument lost the row
    ],
    align=True,
)

DONE = np.dtype(
    [
        ("start", "f8"),  # s
        ("end", "f8"),
        ("charge", "f8"),  # mAh/cm², magnitude
        ("charge_electronic", "f8"),
        ("charge_ionic", "f8"),  # signed
        ("eta_max", "f8"),
        ("eta_min", "f8"),
        ("eta_small", "f8"),  # small-signal share at the end
        ("seconds_soft", "f8"),  # with a share above 0.05
        ("seconds_hard", "f8"),  # above 0.95
        ("events", "i4"),  # upward crossings of 0.05
        ("limited", "i4"),  # 1 where a voltage limit ended it
        ("first", "i8"),  # first row
        ("rows", "i8"),
    ],
    align=True,
)
"""What a step was in truth."""


@dataclass(frozen=True)
class Run:
    """What a block of cells did, in truth.

    Attributes
    ----------
    rows : ndarray of ROW
        All cells, in order; ``row_offset[i]`` to ``row_offset[i] + row_count[i]`` are cell i's.
    row_offset, row_count : ndarray of int64
    steps : ndarray of STEP
        All programs, in order; ``step_offset[i]`` to ``step_offset[i + 1]``.
    done : ndarray of DONE
        Beside ``steps``.
    step_offset : ndarray of int64
    spectra : ndarray of complex128, shape (n_spectra, n_frequencies)
        Ω, in the order of the programs' spectra.
    frequency : ndarray
        Hz.
    """

    rows: np.ndarray
    row_offset: np.ndarray
    row_count: np.ndarray
    steps: np.ndarray
    done: np.ndarray
    step_offset: np.ndarray
    spectra: np.ndarray
    frequency: np.ndarray


def _offsets(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def keys_of(seed: int, identities: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return the keys of random streams as kernels take them."""
    return np.uint64(seed), np.asarray(identities, np.int64)


def run(
    worlds: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    programs: Sequence[np.ndarray],
    *,
    identities: np.ndarray,
    frequency: np.ndarray,
    seed: int = 0,
) -> Run:
    """Run programs on cells.

    Parameters
    ----------
    worlds : tuple of ndarray
        Cells (CELL), hidden states (of a law set's dtype; left as they were) and climates
        (CLIMATE; None for a steady chamber).
    programs : sequence of ndarray of STEP
        One a cell.
    identities : ndarray of int
        Of the cells, for their random numbers.
    frequency : ndarray
        Hz, of every spectrum.
    seed : int

    Returns
    -------
    Run
    """
    cells, law, climate = worlds
    steps = np.concatenate(list(programs))
    owner = np.repeat(np.arange(len(programs)), [p.size for p in programs])
    counts = np.bincount(owner, weights=steps["points"], minlength=len(programs))
    n_spectra = np.bincount(owner, weights=steps["kind"] == SPECTRUM, minlength=len(programs))
    step_offset = _offsets(np.array([p.size for p in programs]))
    row_offset, spectrum_offset = _offsets(counts), _offsets(n_spectra)
    rows = np.zeros(int(row_offset[-1]), ROW)
    done = np.zeros(steps.size, DONE)
    spectra = np.zeros((int(spectrum_offset[-1]), frequency.size), np.complex128)
    row_count = np.zeros(len(programs), np.int64)
    if climate is None:
        climate = np.zeros(cells.size, CLIMATE)
    run_cells(
        (cells, law.copy(), climate),
        steps,
        (step_offset, row_offset, spectrum_offset),
        (rows, row_count, done, spectra),
        frequency,
        keys_of(seed, identities),
    )
    return Run(rows, row_offset, row_count, steps, done, step_offset, spectra, frequency)
