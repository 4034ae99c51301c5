"""Copies: the same file under another name, an earlier export beside the whole, shared rows.

What was measured once is never later life of the cell: it is left out, and that is said. A native
file beside its exports is known by its name (:mod:`softbreak.archive.inputs.grouping`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.history import started
from softbreak.data.names import file_name, natural_key
from softbreak.data.record import LongRecord, Record, Technique
from softbreak.data.schema import SERIES_COLUMNS

LEAST_ROWS: Final = 8
"""So many rows in a row that are the same are no accident."""
SAME_SECOND: Final = 0.51
"""Times of the same row may differ by so much: one export is rounded to seconds."""


class _Digits(NamedTuple):
    """When rows are the same.

    Attributes
    ----------
    same : float
        Values differ by no larger fraction.
    share : float
        Of the rows in the hours that both cover, so many are the same at least.
    levels : int
        Different voltages among them.
    """

    same: float
    share: float
    levels: int


DATED_DIGITS: Final = _Digits(5e-4, 0.9, 1)
"""What was recorded at one moment is the same, whatever digits an export has."""
BARE_DIGITS: Final = _Digits(1e-6, 0.99, 8)
"""Without dates a steady cell looks the same after every start."""


ROUNDED_SHARE: Final = 0.97
"""… but for what stood halfway between two values of the export of fewer digits."""
STEPS: Final = tuple(10.0**-k for k in range(1, 9))
"""V, from coarse to fine."""


class Copy(NamedTuple):
    """A file that tells, wholly or in part, what another one tells.

    Attributes
    ----------
    path : str
    reason : str
    whole : bool
        Nothing of it is kept.
    """

    path: str
    reason: str
    whole: bool

    @property
    def left_out(self) -> tuple[str, str]:
        """What was left out, and why."""
        return (self.path if self.whole else f"{self.path}, in part,"), self.reason

    @property
    def remark(self) -> tuple[str, str, str]:
        """Severity, topic and sentence."""
        path, reason = self.left_out
        return "note", "file-left-out", f"{file_name(path)} was left out: {reason}."


AnyRecord = Record | LongRecord


def without_copies(records: Sequence[AnyRecord]) -> tuple[list[AnyRecord], list[Copy]]:
    """Leave out what is told twice.

    Parameters
    ----------
    records : sequence of Record or LongRecord
        Of the files of one cell. Of long ones only whole files are compared.

    Returns
    -------
    kept : list of Record or LongRecord
        In their order; a record of which some rows are another's lacks those.
    copies : list of Copy
    """
    kept, copies = _without_twins(records)
    if len({record.source.path for record in kept}) < 2:
        return kept, copies  # nothing but other files' rows can be told twice
    series = [_Rows.of(k, r) for k, r in enumerate(kept) if isinstance(r, Record) and _is_series(r)]
    # the longest is the whole, and of two of one length the first
    series.sort(key=lambda rows: -len(rows.left))
    for n in range(len(series)):
        for other in series[:n]:
            shared = series[n].shared_with(other)
            if shared.any():
                series[n] = replace(series[n], left=series[n].left[~shared])
                copies.append(_told(series[n], other, int(shared.sum())))
    left = {rows.number: rows.left for rows in series}
    return _trimmed(kept, left), copies


def _is_series(record: Record) -> bool:
    return record.technique is not Technique.IMPEDANCE and record.rows >= LEAST_ROWS


def _without_twins(records: Sequence[AnyRecord]) -> tuple[list[AnyRecord], list[Copy]]:
    """Leave out files of the very same bytes; that of the plainest name is kept."""
    files: dict[str, set[str]] = {}
    for record in records:
        if record.source.content_hash:
            files.setdefault(record.source.content_hash, set()).add(record.source.path)
    first = {mark: min(paths, key=_plainness) for mark, paths in files.items()}
    kept, copies = [], {}
    for record in records:
        mark, path = record.source.content_hash, record.source.path
        if not mark or first[mark] == path:
            kept.append(record)
        else:
            reason = f"the very same bytes as {file_name(first[mark])}"
            copies[path] = Copy(path, reason, whole=True)
    return kept, list(copies.values())


def _plainness(path: str) -> tuple[int, list[tuple[int, int | str]]]:
    return len(file_name(path)), natural_key(path)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a record that are still its own.

    Attributes
    ----------
    number : int
        Place of the record.
    path : str
    begin : float or None
        Unix time of test time zero (s); None where it is not known.
    samples : numpy.ndarray, shape (3, n)
        Test time (s), voltage (V) and current (A).
    left : numpy.ndarray of int
        Those that no other record has.
    """

    number: int
    path: str
    begin: float | None
    samples: np.ndarray
    left: np.ndarray

    @classmethod
    def of(cls, number: int, record: Record) -> _Rows:
        columns = (np.asarray(record.array(name), dtype=np.float64) for name in SERIES_COLUMNS)
        samples = np.vstack(list(columns))
        left = np.arange(samples.shape[1])
        return cls(number, record.source.path, started(record), samples, left)

    def shared_with(self, other: _Rows) -> np.ndarray:
        """Which of its rows are the other's too: the same moment, voltage and current."""
        mine, theirs = self.samples[:, self.left], other.samples[:, other.left]
        none = np.zeros(mine.shape[1], dtype=bool)
        if other.path == self.path or not theirs.shape[1]:
            return none
        dated = self.begin is not None and other.begin is not None
        if dated:
            mine[0] += self.begin
            theirs[0] += other.begin
        begin, end = theirs[0, 0] - SAME_SECOND, theirs[0, -1] + SAME_SECOND
        inside = np.flatnonzero((mine[0] >= begin) & (mine[0] <= end))
        if len(inside) < LEAST_ROWS or not np.all(np.diff(theirs[0]) >= 0.0):
            return none
        digits = DATED_DIGITS if dated else BARE_DIGITS
        found = _match(mine[:, inside], theirs, digits.same)
        if not dated and found.sum() < digits.share * len(inside):  # one may have fewer digits
            step = max(_step(mine[1, inside]), _step(theirs[1]))
            rounded = [
                np.vstack([x[0], np.round(x[1] / step) * step, x[2]]) for x in (mine, theirs)
            ]
            found = _match(rounded[0][:, inside], rounded[1], digits.same)
            digits = digits._replace(share=ROUNDED_SHARE)
        telling = len(np.unique(mine[1, inside][found]))
        if found.sum() < max(LEAST_ROWS, digits.share * len(inside)) or telling < digits.levels:
            return none
        none[inside] = found
        return none


def _step(values: np.ndarray) -> float:
    """Return the decimal place to which all values are rounded."""
    return next(
        (s for s in STEPS if np.all(np.abs(values / s - np.round(values / s)) < 1e-4)), 1e-9
    )


def _match(mine: np.ndarray, theirs: np.ndarray, same: float) -> np.ndarray:
    """Which rows have one like them at the same time."""
    count = theirs.shape[1]
    right = np.searchsorted(theirs[0], mine[0])
    found = np.zeros(mine.shape[1], dtype=bool)
    for shift in (-2, -1, 0, 1, 2):  # cyclers write two samples at one time where a step ends
        there = theirs[:, (right + shift).clip(0, count - 1)]
        near = np.abs(there[0] - mine[0]) <= SAME_SECOND
        for k in (1, 2):
            size = np.maximum(np.abs(there[k]), np.abs(mine[k]))
            near &= np.abs(there[k] - mine[k]) <= same * size
        found |= near
    return found


def _told(rows: _Rows, other: _Rows, count: int) -> Copy:
    dated = rows.begin is not None and other.begin is not None
    when = "at the same time and with the same values" if dated else "with the same values"
    whole, total = not len(rows.left), rows.samples.shape[1]
    part = f"all its {total:,} rows are" if whole else f"{count:,} of its {total:,} rows are"
    return Copy(rows.path, f"{part} also in {file_name(other.path)}, {when}", whole)


def _trimmed(kept: Sequence[AnyRecord], left: dict[int, np.ndarray]) -> list[AnyRecord]:
    found: list[AnyRecord] = []
    for number, record in enumerate(kept):
        rows = left.get(number)
        if rows is None or not isinstance(record, Record) or len(rows) == record.rows:
            found.append(record)
        elif len(rows):
            table = record.table.iloc[rows].reset_index(drop=True)
            found.append(replace(record, table=table))
    return found
