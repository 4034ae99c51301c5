"""Every sample of a cell for its V–t picture: kept flat on disk, shown by extremes."""

from __future__ import annotations

import hashlib
import shutil
import threading
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from softbreak.archive.feature_tables import histories_of, scanned
from softbreak.archive.results.pack import key_of
from softbreak.archive.tables import Failure
from softbreak.data.decimation import min_max_samples
from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.web.cells import Results

FOLDER: Final = "samples"
MOST_POINTS: Final = 8000
"""Of one answer."""
_NAMES: Final = ("time", "voltage")


class Window(NamedTuple):
    """A stretch of a cell's life.

    Attributes
    ----------
    time, voltage : ndarray
        s and V: of each pixel's stretch the lowest and the highest sample.
    exact : bool
        Whether every sample was looked at; else this is the stored trace.
    """

    time: np.ndarray
    voltage: np.ndarray
    exact: bool


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
        found = self._arrays(cell_id)
        exact = found is not None
        time, voltage = self._results.trace(cell_id) if found is None else found
        first = max(int(np.searchsorted(time, begin)) - 1, 0)
        last = int(np.searchsorted(time, end, side="right")) + 1
        part = voltage[first:last]
        buckets = max(min(pixels, MOST_POINTS // 2), 10)
        whole = len(part) and np.isfinite([part.min(), part.max()]).all()
        chosen = min_max_samples(part if whole else np.nan_to_num(part), buckets)
        return Window(time[first:last][chosen], part[chosen].astype(np.float64), exact)

    def _arrays(self, cell_id: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Open the flat files of a cell; make them where they are not there."""
        stamps = "".join(str(stamp["sha256"]) for stamp in self._results.stamps(cell_id))
        mark = hashlib.sha256(stamps.encode()).hexdigest()[:12]
        folder = self._results.out / FOLDER / f"{key_of(cell_id)}-{mark}"
        if not folder.exists():
            with self._lock:  # one cell at a time: its files may be long
                if not folder.exists() and not self._make(cell_id, folder):
                    return None
        time, voltage = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in _NAMES)
        return time, voltage

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


def _write(arrays: tuple[np.ndarray, np.ndarray], folder: Path) -> None:
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, values in zip(_NAMES, arrays, strict=True):
        np.save(draft / f"{name}.npy", values, allow_pickle=False)
    draft.replace(folder)
