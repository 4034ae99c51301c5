"""Every sample of a cell for its V–t picture: kept flat on disk, shown by extremes."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from softbreak.archive.feature_tables import histories_of, scanned
from softbreak.archive.results.pack import key_of
from softbreak.archive.tables import Failure
from softbreak.boundary import Boundary, in_words
from softbreak.data.decimation import min_max_samples
from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.web.cells import Results

FOLDER: Final = "samples"
MOST_POINTS: Final = 8000
"""Of one answer."""
MOST_READING: Final = 4
"""Cells whose samples are read at a time."""
BLOCK: Final = 256
"""Samples of which the lowest and the highest are known beforehand."""
_NAMES: Final = ("time", "voltage", "extremes")

logger = logging.getLogger(__name__)


class Window(NamedTuple):
    """A stretch of a cell's life.

    Attributes
    ----------
    time, voltage : ndarray
        s and V: of each pixel's stretch the lowest and the highest sample.
    exact : bool
        Whether every sample was looked at; else this is the stored trace.
    pending : bool
        Whether the samples are being read, so that it is worth to ask again.
    """

    time: np.ndarray
    voltage: np.ndarray
    exact: bool
    pending: bool = False


class Samples:
    """The samples of the cells of a triage.

    Parameters
    ----------
    results : Results
        Files of samples stand beside its own, and are made when a cell is first looked at.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._lock = threading.Lock()
        self._reading: set[Path] = set()
        self._failed: set[Path] = set()

    def prepare(self, cell_id: str) -> bool:
        """Begin to read the samples of a cell, if they are not at hand; return whether it reads."""
        folder = self._folder(cell_id)
        if folder.exists() or folder in self._failed or self._results.archive is None:
            return False
        with self._lock:
            if folder not in self._reading and len(self._reading) < MOST_READING:
                self._reading.add(folder)
                threading.Thread(target=self._made, args=(cell_id, folder), daemon=True).start()
        return True

    def window(self, cell_id: str, begin: float, end: float, pixels: int) -> Window:
        """Return the extremes of a stretch, so that no spike is lost.

        Parameters
        ----------
        cell_id : str
        begin, end : float
            s.
        pixels : int
            At most twice as many samples come back.
        """
        folder = self._folder(cell_id)
        pending = self.prepare(cell_id)
        exact = folder.exists()
        time, voltage = _opened(folder)[:2] if exact else self._results.trace(cell_id)
        first = max(int(np.searchsorted(time, begin)) - 1, 0)
        last = min(int(np.searchsorted(time, end, side="right")) + 1, len(time))
        buckets = max(min(pixels, MOST_POINTS // 2), 10)
        if exact and last - first > 4 * BLOCK * buckets:
            extremes = _opened(folder)[2]
            ends = np.searchsorted(extremes, (first, last))
            places = np.r_[first, extremes[ends[0] : ends[1]], last - 1]
        else:
            places = np.arange(first, last)
        part = voltage[places]
        whole = len(part) and np.isfinite([part.min(), part.max()]).all()
        chosen = places[min_max_samples(part if whole else np.nan_to_num(part), buckets)]
        return Window(time[chosen], voltage[chosen].astype(np.float64), exact, pending)

    def _folder(self, cell_id: str) -> Path:
        stamps = "".join(str(stamp["sha256"]) for stamp in self._results.stamps(cell_id))
        mark = hashlib.sha256(f"{stamps}{_NAMES}".encode()).hexdigest()[:12]
        return self._results.out / FOLDER / f"{key_of(cell_id)}-{mark}"

    def _made(self, cell_id: str, folder: Path) -> None:
        with Boundary(cell_id) as boundary:
            self._make(cell_id, folder)
        if boundary.error is not None:
            logger.warning("no samples of %s: %s", cell_id, in_words(boundary.error))
        with self._lock:
            self._reading.discard(folder)
            if not folder.exists():
                self._failed.add(folder)

    def _make(self, cell_id: str, folder: Path) -> bool:
        root = self._results.archive
        if root is None:
            return False
        found = scanned(root, self._results.out)
        failures: list[Failure] = []
        for group in found.groups:
            if not cell_id.startswith(group.cell_id):
                continue
            for history in histories_of(found.root, group, {}, failures):
                if history.cell.cell_id == cell_id:
                    _write(flat(history), folder)
                    return True
        return False


def flat(history: CellHistory) -> tuple[np.ndarray, np.ndarray]:
    """Return time (s) and voltage (V) of all cycling and rest, with a gap between records.

    Parameters
    ----------
    history : CellHistory
    """
    pieces = history.of(Technique.CYCLING) + history.of(Technique.REST)
    times, volts = [np.empty(0)], [np.empty(0, np.float32)]
    for record, clock in sorted(pieces, key=lambda item: item[1][0] if len(item[1]) else 0.0):
        if len(clock):
            times += [clock[:1], clock]
            volts += [np.full(1, np.nan, np.float32), record.array("voltage_volt").astype("f4")]
    return np.maximum.accumulate(np.concatenate(times)), np.concatenate(volts)


def _opened(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    time, voltage, extremes = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in _NAMES)
    return time, voltage, extremes


def _write(arrays: tuple[np.ndarray, np.ndarray], folder: Path) -> None:
    time, voltage = arrays
    known = np.nan_to_num(voltage)  # a gap between records is no sample: it stays beside them
    blocks = min_max_samples(known, max(len(voltage) // BLOCK, 1))
    extremes = np.union1d(blocks, np.flatnonzero(np.isnan(voltage))).astype(np.int64)
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, values in zip(_NAMES, (time, voltage, extremes), strict=True):
        np.save(draft / f"{name}.npy", values, allow_pickle=False)
    draft.replace(folder)
