"""Who says that files are one cell's: a manifest, their folder, their names, their clocks.

Numbers in names are parts of one life (run_1, run_2) or names of cells (LLZO_10, LLZO_20). Where
nothing but such numbers tells files apart, a second witness is asked: that the numbers run with a
technique beside them, or that the clocks follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from softbreak.archive.inputs.file_names import Numbered, numbered, without_count
from softbreak.data.date_orders import is_open, settled
from softbreak.data.history import Span, assemble, placements, span_of
from softbreak.data.mixture import mixture
from softbreak.data.name_order import life_order
from softbreak.data.names import file_name, natural_key, stem_of
from softbreak.data.record import Cell, LongRecord, Record, Technique

_TOLERANCE_SECOND = 120.0
_SHARE = 0.05


def measured_at_once(records: Sequence[Record | LongRecord]) -> bool:
    """Return whether two cycling files of one instrument overlap in absolute time.

    A cell sits on one channel: nothing cycles it twice at once. Other techniques, and other
    instruments (whose clocks may disagree), prove nothing.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    """
    return at_once(records) is not None


def at_once(records: Sequence[Record | LongRecord]) -> tuple[str, str] | None:
    """Return two files that :func:`measured_at_once` tells of, by their paths.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    """
    whole = settled([r for r in records if isinstance(r, Record)], natural_key)
    long = [record for record in records if isinstance(record, LongRecord)]
    every: list[Record | LongRecord] = [*whole, *long]
    spans: dict[str, dict[str, tuple[float, float]]] = {}
    for record in every:
        span = _span(record)
        if span is not None:
            files = spans.setdefault(record.source.reader, {})
            begin, end = files.get(record.source.path, span)
            files[record.source.path] = (min(begin, span[0]), max(end, span[1]))
    found = (
        _overlap(sorted((*span, path) for path, span in files.items())) for files in spans.values()
    )
    return next((pair for pair in found if pair is not None), None)


def _span(record: Record | LongRecord) -> tuple[float, float] | None:
    if record.technique is not Technique.CYCLING or not record.rows or is_open(record.source):
        return None
    if isinstance(record, LongRecord):
        return record.absolute
    if "unix_time_second" in record.table.columns:
        times = record.array("unix_time_second")
    elif record.source.started_unix_second is not None:
        times = record.array("test_time_second") + record.source.started_unix_second
    else:
        return None
    times = times[np.isfinite(times)]
    return (float(times.min()), float(times.max())) if len(times) else None


def _overlap(spans: Sequence[tuple[float, float, str]]) -> tuple[str, str] | None:
    latest, owner = -np.inf, ""
    longest = 0.0
    for begin, end, path in spans:
        shared = min(latest, end) - begin
        shorter = min(end - begin, longest)
        if shared > _TOLERANCE_SECOND and shared > _SHARE * shorter:
            return owner, path
        if end > latest:
            latest, longest, owner = end, end - begin, path
    return None


MANIFEST: Final = "the manifest"
FOLDER: Final = "their folder"
NAMES: Final = "their names"
COMMAND: Final = "the command, which names them together"

AT_ONCE: Final = "were recorded at the same time"
NUMBERS: Final = "the numbers in their names"
"""How a sentence begins that says that names alone had put files together."""
MOST_STEP: Final = 3
"""Numbers that run leave out at most two: a file was deleted, or holds another measurement."""
COUNTER_DIGITS: Final = 3
"""Numbers such as 001 are a program's own counting."""
PAUSE_SECOND: Final = 12 * 3600.0
"""One file follows another that ended no longer before …"""
CLOSE_SECOND: Final = 600.0
"""… or, where the numbers do not run, that ended just now."""
OVERLAP_SECOND: Final = 120.0
"""By which clocks may disagree."""
_MOST_NAMES: Final = 6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y")
"""How dates stand in names, without what parts their numbers."""

AnyRecord = Record | LongRecord


class _File(NamedTuple):
    """What is asked of a file.

    Attributes
    ----------
    path : str
    name : Numbered
    dated : bool
    begin, end : float
        Unix time where it is known, else on the file's own clock (s).
    series : bool
        Whether it holds anything but spectra.
    """

    path: str
    name: Numbered
    dated: bool
    begin: float
    end: float
    series: bool


def several(records: Sequence[AnyRecord], by: str) -> str:
    """Say why files that were grouped are those of several cells; empty where they may be one's.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    by : str
        Who put them together: ``FOLDER`` or ``NAMES``.
    """
    if by == MANIFEST or len({record.source.path for record in records}) < 2:
        return ""
    if (pair := at_once(records)) is not None:
        return f"{' and '.join(map(file_name, pair))} {AT_ONCE}"
    # The rows of a long record are still to be read: what is mixed there is a finding.
    whole = [record for record in records if isinstance(record, Record)]
    if len(whole) == len(records) and (mixed := mixture(assemble(Cell(), whole))):
        return mixed
    files = _files(records)
    for key in dict.fromkeys(file.name.key for file in files):
        alike = [file for file in files if file.name.key == key and file.name.numbers]
        if len({file.name.numbers for file in alike}) > 1 and not _one(alike, by):
            return _doubt(alike)
    return _several_names(files) if by == FOLDER else _namesakes(files)


def _several_names(files: Sequence[_File]) -> str:
    """Say why files of one folder are samples of their own: "S12", "S13", "S14"."""
    shapes: dict[tuple[str, ...], list[_File]] = {}
    for file in files:
        shapes.setdefault(tuple(map(_shape, file.name.key.split("_"))), []).append(file)
    for shape, alike in shapes.items():
        keys = [file.name.key.split("_") for file in alike]
        apart = [k for k in range(len(shape)) if len({key[k] for key in keys}) > 1]
        if len(apart) != 1 or not shape[apart[0]] or shape[apart[0]] in _folder(alike[0].path):
            continue
        if not _follow(sorted(alike, key=lambda file: natural_key(file.name.key)), PAUSE_SECOND):
            names = ", ".join(dict.fromkeys(key[apart[0]] for key in keys[:_MOST_NAMES]))
            return f"{NUMBERS} ({names}) name samples, and no clock says that one follows another"
    return ""


def _shape(word: str) -> str:
    """Return the letters before the number of a sample; empty where a word is none."""
    letters = word.rstrip("0123456789")
    return letters if letters.isalpha() and letters != word else ""


def _folder(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[0].rpartition("/")[2].lower()


def _namesakes(files: Sequence[_File]) -> str:
    """Say why "run (1)" is another cell than "run"."""
    plain = {stem_of(file.path): file for file in files}
    for stem, file in plain.items():
        first = plain.get(without_count(stem), file)
        if first is not file and not _follow([first, file], PAUSE_SECOND):
            return _doubt([first, file])
    return ""


def _one(files: Sequence[_File], by: str) -> bool:
    """Whether files that differ in nothing but numbers are one cell's."""
    folder = by == FOLDER
    if folder and not files[0].name.key:
        return True  # names without a cell's, in the cell's own folder
    runs = _run([file.name for file in files])
    if runs and (folder or all(file.name.counted for file in files)):
        return True
    techniques = {word for file in files for word in file.name.techniques}
    # "01_GCPL", "02_GCPL" alone can be two cells' as well
    if runs and techniques and (files[0].name.key or len(techniques) > 1):
        return True
    if runs and min(file.name.digits for file in files) >= COUNTER_DIGITS:
        return True
    near = runs or folder or all(map(_names_its_day, files))
    return _follow(files, PAUSE_SECOND if near else CLOSE_SECOND)


def _names_its_day(file: _File) -> bool:
    """Whether the date in a name is that of the recording: it names no cell then."""
    if not file.dated:
        return False
    digits = "".join(filter(str.isdecimal, stem_of(file.path)))
    began = _EPOCH + timedelta(seconds=file.begin)
    days = [began + timedelta(days=k) for k in (-1, 0, 1)]  # clocks of other zones
    return any(day.strftime(form) in digits for day in days for form in _DAYS)


def _run(names: Sequence[Numbered]) -> bool:
    """Whether numbers count: 1, 2, 3, or 9, 10; not 10, 20, 30."""
    return len({len(name.numbers) for name in names}) == 1 and not not_running(names)


def not_running(names: Sequence[Numbered]) -> tuple[int, ...]:
    """Return which of several numbers in names do not count: the first of 10-1, 10-2, 20-1."""
    columns = [sorted(set(column)) for column in zip(*(n.numbers for n in names), strict=False)]
    return tuple(
        k for k, column in enumerate(columns) if any(b - a > MOST_STEP for a, b in pairwise(column))
    )


def _follow(files: Sequence[_File], pause: float) -> bool:
    """Whether each file begins where the one of the number before has ended."""
    timed = [file for file in files if file.series or file.dated]
    if len(timed) < 2 or len({file.dated for file in timed}) > 1:
        return False
    if all(map(_names_its_day, timed)):
        timed.sort(key=lambda file: file.begin)
    else:
        timed.sort(key=lambda file: (file.name.numbers, natural_key(file.path)))
    pairs = list(pairwise(timed))
    if not timed[0].dated and any(later.begin <= 0.0 for _, later in pairs):
        return False  # every clock begins anew
    return all(-OVERLAP_SECOND <= later.begin - file.end <= pause for file, later in pairs)


def doubtful(records: Sequence[Record]) -> str:
    """Say why files are probably several cells', though a person names them together.

    Parameters
    ----------
    records : sequence of Record
    """
    reason = several(records, FOLDER)
    return reason if reason.startswith(NUMBERS) or reason.endswith(AT_ONCE) else ""


def _doubt(files: Sequence[_File]) -> str:
    numbers = ", ".join("-".join(map(str, file.name.numbers)) for file in files[:_MOST_NAMES])
    more = ", …" if len(files) > _MOST_NAMES else ""
    runs = "run" if _run([file.name for file in files]) else "do not run"
    return f"{NUMBERS} ({numbers}{more}) {runs}, and no clock says that they follow one another"


def _files(records: Sequence[AnyRecord]) -> list[_File]:
    spans: dict[str, list[Span]] = {}
    for record in records:
        spans.setdefault(record.source.path, []).append(any_span(record))
    return [_file(path, mine) for path, mine in spans.items()]


def _file(path: str, spans: Sequence[Span]) -> _File:
    dated = all(span.started is not None for span in spans)
    begins = [span.first + (span.started or 0.0 if dated else 0.0) for span in spans]
    ends = [span.last + (span.started or 0.0 if dated else 0.0) for span in spans]
    series = any(span.technique is not Technique.IMPEDANCE for span in spans)
    return _File(path, numbered(stem_of(path)), dated, min(begins), max(ends), series)


def any_span(record: AnyRecord) -> Span:
    """Return where a record lies, also one whose rows are still to be read."""
    if isinstance(record, Record):
        return span_of(record)
    source, began = record.source, record.source.started_unix_second
    if began is None and record.absolute is not None:
        began = record.absolute[0] - record.first
    ends = (record.first, record.last)
    return Span(source.path, source.position, record.technique, began, *ends, record.rows)


def how_joined(records: Sequence[AnyRecord], by: str) -> list[tuple[str, str, str]]:
    """Say how a cell's files were put together; nothing of one file.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    by : str
        Who says that they are one cell's.

    Returns
    -------
    list of (str, str, str)
        Severity, topic and sentence.
    """
    if len({record.source.path for record in records}) < 2:
        return []
    plain = [record for record in records if isinstance(record, Record)]
    if len(plain) == len(records):
        records = settled(plain, natural_key)  # as they were put on one clock
    spans = [any_span(record) for record in records]
    paths = list(dict.fromkeys(spans[k].path for k, _ in placements(spans)))
    if len(paths) < 2:
        return []
    dated = {span.path for span in spans if span.started is not None}
    order = "in the order of their dates"
    if len(dated) < len(paths):
        doubt = any(str(r.source.stated.get("dates", "")).startswith("ambig") for r in records)
        why = "not all of them state a date" if dated else "none of them states a date"
        why = "their dates are ambiguous" if doubt else why
        by_clock = _clocks_go_on(spans) and paths != [paths[k] for k in life_order(paths)]
        order = f"in the order of their {'test times' if by_clock else 'names'}, as {why}"
        order += "; their clocks go on" if _clocks_go_on(spans) else ""
    names = ", ".join(map(file_name, paths[:_MOST_NAMES]))
    more = f" and {len(paths) - _MOST_NAMES} more" if len(paths) > _MOST_NAMES else ""
    told = f"{len(paths)} files are one cell by {by}, {order}: {names}{more}."
    return [("note", "files-joined", told)]


def _clocks_go_on(spans: Sequence[Span]) -> bool:
    files = [(spans[k].first, spans[k].last) for k, _ in placements(spans) if spans[k].rows]
    pairs = list(pairwise(files))
    return bool(pairs) and all(later[0] >= earlier[1] > 0.0 for earlier, later in pairs)
