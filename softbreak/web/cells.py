"""Where the page has its cells from: the results of a triage, or the store of a running watch."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from softbreak.archive.inputs.manifest_columns import manifest_columns
from softbreak.archive.results.pack import Stored, key_of
from softbreak.archive.results.packs import Readers, Shelf
from softbreak.archive.results.triage_result import TriageResult, load_result, packs_of
from softbreak.data.record import Cell
from softbreak.errors import ReadError, SoftbreakError
from softbreak.models.diagnosis.result import MOMENTS, Diagnosis
from softbreak.report.lives import Life, lives_in
from softbreak.report.number_words import as_float
from softbreak.report.states import packed_strip
from softbreak.stream.cell_board import Row as LiveRow
from softbreak.stream.cell_board import board
from softbreak.stream.store.reviews import Reviews
from softbreak.stream.store.store import Store
from softbreak.web.reviews_beside import reviews_beside

REVIEWS_FILE: Final = "reviews.db"
_POINTS: Final = 64
"""Of a sparkline."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell in the table.

    Attributes
    ----------
    cell_id, key : str
        The key stands in addresses.
    state : str
    fraction, lower, upper : float
        η_e with its interval; NaN where it is not known.
    strip : str
        States over its life, packed: see :func:`softbreak.report.states.packed_strip`.
    probability : float
        Of a short.
    lag_second : float
        Age of the newest sample; NaN where nothing says it.
    alarm : str
        The level that stands; empty for none.
    acknowledged : bool
    sentence : str
    cycles : int
    facts : mapping of str to str
        Columns of the manifest.
    volts : tuple of float or None
        Overpotential over its life (V); None where it must be asked for.
    """

    cell_id: str
    key: str
    state: str
    fraction: float
    lower: float
    upper: float
    strip: str
    probability: float
    lag_second: float
    alarm: str
    acknowledged: bool
    sentence: str
    cycles: int
    facts: Mapping[str, str]
    volts: tuple[float, ...] | None = None


class Cells(Protocol):
    """A source of cells."""

    reviews: Reviews
    live: bool

    def rows(self) -> list[CellRow]:
        """Return all cells, the gravest first."""

    def volts(self, cell_id: str) -> tuple[float, ...]:
        """Return the overpotential over a cell's life (V)."""

    def verdicts(self, cell_id: str) -> pd.DataFrame:
        """Return the columns of ``verdicts.parquet``."""

    def trace(self, cell_id: str) -> tuple[np.ndarray, np.ndarray]:
        """Return times (s) and voltages (V) for a first picture, decimated by extremes."""

    def diagnosis(self, cell_id: str) -> Diagnosis | None:
        """Return all that is known of a cell; None of a live one."""

    def seen(self, cell_id: str) -> tuple[str, str]:
        """Return the hash of the cell's files, and the version of its verdicts."""

    def moments(self, cell_id: str) -> np.ndarray:
        """Return when its records began: in the cell's life, and since 1970 (s)."""

    def mark(self) -> str:
        """Return what changes whenever a row does."""


def cells_of(place: str, archive: Path | None = None) -> Results | Live:
    """Return the cells of a triage's folder, or of a store.

    Parameters
    ----------
    place : str
        A folder, the file of a store, or ``postgresql://…``.
    archive : Path, optional
        Of the triage, where it does not lie where it was.

    Raises
    ------
    SoftbreakError
        If there is neither.
    """
    if "://" in place or Path(place).is_file():
        return Live(place)
    if not Path(place).is_dir():
        raise SoftbreakError(
            f"{place} is not there; expected the folder of a triage, or the store of a watch "
            "(softbreak-watch.db)"
        )
    return Results(Path(place), archive)


class Results:
    """The results of a triage.

    Parameters
    ----------
    out : Path
    archive : Path, optional
        Where it lies now; where the triage found it if not given.
    """

    live = False

    def __init__(self, out: Path, archive: Path | None = None) -> None:
        self._archive = archive
        self.out, self._lock, self._marked = out, threading.Lock(), ""
        self.result: TriageResult = load_result(out)
        self.store, closed, self._copy = reviews_beside(out / REVIEWS_FILE)
        self.reviews = Reviews(self.store.engine, closed)
        self._rows: list[CellRow] = []
        self._index: dict[str, Stored] = {}
        self._readers, self._reading = Readers(), threading.Lock()
        self._details = lru_cache(maxsize=24)(self._diagnosis)
        self._sparks: dict[str, tuple[float, ...]] = {}

    def warm(self) -> None:
        """Read what the first page needs, before anybody asks for it."""
        rows = self.rows()
        if rows:
            self.volts(rows[0].cell_id)

    def mark(self) -> str:
        """Return when the results were written."""
        stat = (self.out / "run.json").stat()
        return f"{stat.st_mtime_ns}-{stat.st_size}"

    def rows(self) -> list[CellRow]:
        """Return all cells; read again only where a triage has written them anew."""
        mark = self.mark()
        with self._lock:
            if mark != self._marked:
                self.result = load_result(self.out)
                self._details.cache_clear()
                self._sparks.clear()
                self._index = {}
                with self._reading:
                    self._readers.close()
                lives = lives_in(self.out / "verdicts.parquet", self.result.cells)
                facts = self._facts()
                self._rows = [
                    _result_row(row, lives, facts) for row in self.result.cells.to_dict("records")
                ]
                self._marked = mark
            return self._rows

    @property
    def archive(self) -> Path | None:
        """The archive, where it is still in its place."""
        if self._archive is not None:
            return self._archive
        told = Path(str(self.result.run["arguments"]["archive"]))
        above = self.out.resolve().parents[:3]  # a relative name was said from one of these
        return next((p for p in (told, *(folder / told for folder in above)) if p.exists()), None)

    def _facts(self) -> dict[str, dict[str, str]]:
        if self.archive is None:
            return {}
        try:
            return manifest_columns(self.archive)
        except ReadError:  # the verdicts stand without it; triage itself told of it
            return {}

    def _diagnosis(self, cell_id: str) -> tuple[Diagnosis, dict[str, Any]]:
        stored = self._stored(cell_id)
        with self._reading:
            reader = self._readers.of(stored)
            return reader.diagnosis(stored.key), reader.meta(stored.key)

    def _stored(self, cell_id: str) -> Stored:
        if not self._index:
            self._index = Shelf(packs_of(self.out, self.result.run["model"])).index()
        return self._index[key_of(cell_id)]

    def diagnosis(self, cell_id: str) -> Diagnosis:
        """Return a cell's stored diagnosis."""
        return self._details(cell_id)[0]

    def verdicts(self, cell_id: str) -> pd.DataFrame:
        """Return the cell's rows of ``verdicts.parquet``."""
        return self.diagnosis(cell_id).verdicts

    def volts(self, cell_id: str) -> tuple[float, ...]:
        """Return the overpotential over a cell's life (V)."""
        if cell_id not in self._sparks:
            stored = self._stored(cell_id)
            with self._reading:  # a pack of thousands of cells takes long to open: it stays so
                reader = self._readers.of(stored)
                volts = reader.table(stored.key, "half_cycles")["overpotential_volt"].to_numpy()
            half = np.asarray(volts, dtype=np.float64)
            # both signs of a cycle together: their difference is not the cell's life
            self._sparks[cell_id] = _thinned(half[: len(half) // 2 * 2].reshape(-1, 2).mean(axis=1))
        return self._sparks[cell_id]

    def moments(self, cell_id: str) -> np.ndarray:
        """Return when its records began; of results from before this was kept, nothing."""
        sources = self.diagnosis(cell_id).sources
        return sources.reindex(columns=list(MOMENTS)).to_numpy(dtype=np.float64)

    def trace(self, cell_id: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the stored trace."""
        trace = self.diagnosis(cell_id).trace
        return trace["time_second"].to_numpy(), trace["voltage_volt"].to_numpy()

    def stamps(self, cell_id: str) -> list[dict[str, Any]]:
        """Return path, size, time and hash of each of the cell's files."""
        return list(self._details(cell_id)[1]["stamps"])

    def seen(self, cell_id: str) -> tuple[str, str]:
        """Return the hash of the cell's files, and the version of its verdicts."""
        hashes = sorted(str(stamp["sha256"]) for stamp in self.stamps(cell_id))
        basis = self._details(cell_id)[1]["basis"]
        version = " ".join(str(one) for one in basis["detector"])
        return hashlib.sha256("".join(hashes).encode()).hexdigest(), version


def _thinned(values: np.ndarray) -> tuple[float, ...]:
    """Means of equal stretches, as many as a sparkline has points."""
    values = values[np.isfinite(values)]
    if len(values) <= _POINTS:
        return tuple(values.tolist())
    return tuple(float(part.mean()) for part in np.array_split(values, _POINTS))


def _result_row(
    row: Mapping[Any, Any], lives: Mapping[str, Life], facts: Mapping[str, Mapping[str, str]]
) -> CellRow:
    name = str(row["cell_id"])
    life = lives.get(name, Life("", math.nan))
    nothing = math.nan
    return CellRow(
        name,
        key_of(name),
        str(row["state"]),
        life.electronic_fraction,
        life.lower,
        life.upper,
        life.strip,
        as_float(row["probability"]),
        nothing,
        "",
        False,
        str(row["summary"]),
        int(row["n_cycles"]),
        facts.get(name, {}),
    )


class Live:
    """The store of a watch.

    Parameters
    ----------
    url : str
    """

    live = True

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        self.reviews = Reviews(self.store.engine)

    def warm(self) -> None:
        """Do nothing: a store is asked anew each time."""

    def rows(self) -> list[CellRow]:
        """Return all cells, those with an alarm first."""
        lives: dict[str, str] = {}
        for name, part in self.store.verdicts().groupby("cell_id", sort=False):
            lives[str(name)] = packed_strip(part["state"])
        facts = {cell.cell_id: _named_facts(cell.facts) for cell in self.store.cells()}
        return [_live_row(row, lives, facts) for row in board(self.store)]

    def mark(self) -> str:
        """Return when a cell was written last, and how alarms stand."""
        alarms = self.store.alarms(standing=True)
        told = [(cell.cell_id, cell.sequence) for cell in self.store.cells()]
        seen = alarms[["key", "acknowledged_unix_second"]].to_csv(index=False)
        return hashlib.sha256(f"{told}{seen}".encode()).hexdigest()

    def diagnosis(self, cell_id: str) -> None:
        """Return nothing: a watch keeps verdicts, not curves."""
        del cell_id

    def verdicts(self, cell_id: str) -> pd.DataFrame:
        """Return the verdicts of a cell."""
        return self.store.verdicts(cell_id)

    def volts(self, cell_id: str) -> tuple[float, ...]:
        """Return the overpotential over a cell's life (V)."""
        return tuple(self.trace(cell_id)[1].tolist())

    def trace(self, cell_id: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the sketch of the overpotential that a watch keeps."""
        cell = self.store.cell(cell_id)
        told = cell.status.get("trace", {}) if cell else {}
        return np.array(told.get("times", ()), float), np.array(told.get("volts", ()), float)

    def moments(self, cell_id: str) -> np.ndarray:
        """Return nothing: a watch keeps no calendar of the cell."""
        del cell_id
        return np.empty((0, 2))

    def seen(self, cell_id: str) -> tuple[str, str]:
        """Return no hash, as files grow; and the version of the verdicts."""
        table = self.store.verdicts(cell_id)
        return "", str(table["detector_version"].iloc[-1]) if len(table) else ""


_FACTS: Final = tuple(field.name for field in fields(Cell) if field.name != "cell_id")


def _named_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(facts[name]) for name in _FACTS if facts.get(name) not in (None, "")}


def _live_row(
    row: LiveRow, lives: Mapping[str, str], facts: Mapping[str, Mapping[str, str]]
) -> CellRow:
    return CellRow(
        row.cell_id,
        key_of(row.cell_id),
        row.state or "undetermined",
        as_float(row.fraction),
        as_float(row.lower),
        as_float(row.upper),
        lives.get(row.cell_id, ""),
        math.nan,
        as_float(row.lag_second),
        row.alarm.value if row.alarm else "",
        row.acknowledged,
        row.sentence,
        row.cycles,
        facts.get(row.cell_id, {}),
        row.volts,
    )
