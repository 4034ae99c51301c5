"""``read(path)``: which reader a file needs, and its records with their provenance filled in.

Adding a format is one row here. A vendor's module holds ``READERS``, imports its heavy library
inside its functions, and so costs nothing until a file needs it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.containers import gzipped
from softbreak.data.readers.containers import zip_file as zipped
from softbreak.data.readers.cyclers import (
    arbin,
    basytec,
    biologic_mpr,
    biologic_mpt,
    chi,
    digatron,
    gamry,
    landt,
    maccor,
    neware,
    novonix,
    palmsens,
    pec,
    potentiostats,
    spreadsheet,
)
from softbreak.data.readers.elsewhere import Ahead, ahead, elsewhere
from softbreak.data.readers.formats import bdf, bdf_files, described, published
from softbreak.data.readers.formats import plain_table as table
from softbreak.data.readers.formats.chunked import long_records
from softbreak.data.readers.impedance import gamry_eis, ivium, spectra_text, zahner, zplot
from softbreak.data.readers.parser_errors import inside
from softbreak.data.readers.soundness import sound
from softbreak.data.readers.unrecognised import unknown_format
from softbreak.data.record import STATED, TECHNIQUE, LongRecord, Record, Technique
from softbreak.errors import ReadError, SchemaError, UnknownFormatError

READERS: Final[tuple[Reader, ...]] = (
    biologic_mpr.READER,
    biologic_mpt.READER,
    *bdf.READERS,
    *published.READERS,
    *digatron.READERS,
    *landt.READERS,
    *bdf_files.READERS,
    *neware.READERS,
    *arbin.READERS,
    *maccor.READERS,
    *novonix.READERS,
    *basytec.READERS,
    *pec.READERS,
    spreadsheet.reader(lambda path: detect(path)),  # noqa: PLW0108 - defined below
    *zplot.READERS,
    *gamry_eis.READERS,
    *gamry.READERS,
    ivium.IDS,
    ivium.DFR,
    *palmsens.READERS,
    *zahner.READERS,
    *chi.READERS,
    *spectra_text.READERS,  # any table that names its columns: keep behind the vendors' own
    *potentiostats.READERS,  # behind impedance, whose tables may hold time and potential too
    *described.READERS,
    ivium.I2B,
    *table.READERS,  # three bare columns: nothing else may claim them
)
"""Every reader, the most specific first: the first one that recognises a file reads it."""


_TABLES: Final = (table.LAYOUT.reader, described.LAYOUT.reader, bdf.LAYOUT.reader)


def detect(path: str | os.PathLike[str]) -> Reader:
    """Return the reader for a file, judged by its content.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    Reader

    Raises
    ------
    ReadError
        If the file is missing, unreadable, empty or a folder.
    UnknownFormatError
        If no reader recognises it.
    """
    head = _head(Path(path))
    for reader in READERS:
        if reader.recognises(head):
            return reader
    for packed in _UNPACK:
        if packed.recognises(head):
            return packed
    raise unknown_format(head, READERS)


def read(path: str | os.PathLike[str], columns: Mapping[str, Any] | None = None) -> list[Record]:
    """Read any supported file.

    Parameters
    ----------
    path : str or os.PathLike
    columns : mapping, optional
        The manifest's ``[columns]``: which column of a text table is which of ours, see
        :func:`softbreak.data.readers.formats.plain_table.read_mapped`. Only a file that no vendor's
        reader recognises is read by it, so that one mapping may serve a mixed folder. Its entry
        ``technique`` is the technique of tables, which do not name theirs.

    Returns
    -------
    list of Record
        In the file's own order, at least one; ``source`` says which file (with its SHA-256),
        which reader, and the record's place in the file.

    Raises
    ------
    ReadError
        If the file is missing, damaged or of no known format. Nothing else.
    """
    path = Path(path)
    stated = (columns or {}).get(TECHNIQUE)
    reader = _reader_of(path, columns)
    far = elsewhere() if reader.by_library else None
    if far is not None:
        return far(path, columns)
    try:
        records = [sound(record) for record in reader.read(path)]
        content_hash = _sha256(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except SchemaError as error:
        raise _contract(path, reader.instrument, error) from error
    if not records:
        raise ReadError(
            path,
            found="no data row",
            expected=f"at least one record of {reader.instrument}",
            remedy="The measurement was perhaps never started; leave the file out.",
        )
    records = [_named(record, stated) for record in records]
    return [_located(record, content_hash, place) for place, record in enumerate(records)]


def reader_ahead(path: Path, columns: Mapping[str, Any] | None) -> Ahead | None:
    """Return who begins to read a file that a library takes apart, if anybody reads ahead.

    Parameters
    ----------
    path, columns
        As for :func:`read`.

    Raises
    ------
    ReadError
        As :func:`read`, of a file of no known format.
    """
    begin = ahead()
    return begin if begin is not None and _reader_of(path, columns).by_library else None


def _reader_of(path: Path, columns: Mapping[str, Any] | None) -> Reader:
    places = {name: place for name, place in (columns or {}).items() if name != TECHNIQUE}
    return _detect_mapped(path, places) if places else detect(path)


def _named(record: Record, stated: str | None) -> Record:
    """Give a table's record the technique that is stated of it: tables seldom name theirs."""
    if not stated or record.source.reader not in _TABLES or record.technique not in STATED:
        return record
    told = {name: text for name, text in record.source.stated.items() if name != "technique"}
    return replace(record, technique=Technique(stated), source=replace(record.source, stated=told))


def read_long(path: Path) -> list[Record | LongRecord] | None:
    """Look through a file that is too long for the memory; None where :func:`read` is to read it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ReadError
        As :func:`read`.
    """
    try:
        records = long_records(path) if path.is_file() else None
        if records is None:
            return None
        content_hash = _sha256(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except SchemaError as error:
        raise _contract(path, bdf.LAYOUT.instrument, error) from error
    return [
        record.with_source(replace(record.source, content_hash=content_hash, position=place))
        for place, record in enumerate(records)
    ]


def _detect_mapped(path: Path, columns: Mapping[str, Any]) -> Reader:
    mapped = Reader(
        name="table",
        instrument=table.LAYOUT.instrument,
        suffixes=(),
        recognises=lambda head: head.is_text,
        read=partial(table.read_mapped, columns=columns),
        version=table.LAYOUT.version,
    )
    try:
        reader = detect(path)
    except UnknownFormatError as error:
        if not table.fits(_head(path), columns):
            raise _of_another_file(path, columns, error) from error
        return mapped
    if reader in _UNPACK:
        inner = partial(_detect_mapped, columns=columns)
        return replace(reader, read=partial(_read_packed, _UNPACK[reader], inner))
    # A mapping overrules what is only assumed of a table without a header, or told by its words.
    if reader in described.READERS:
        return mapped if table.fits(_head(path), columns) else reader
    return mapped if reader in table.READERS and table.fits(_head(path), columns) else reader


def _of_another_file(
    path: Path, columns: Mapping[str, Any], error: UnknownFormatError
) -> UnknownFormatError:
    """Say of an unknown file that a mapping names columns that it does not have."""
    names = ", ".join(repr(name) for name in table.names_in(columns)[:_MOST_NAMED])
    return UnknownFormatError(
        path,
        found=f"{error.found}; no line of it names the columns of the [columns] section ({names})",
        expected=error.expected,
        remedy=f"{error.remedy} The mapping may be another file's: give each cell its own.",
    )


def _contract(path: Path, instrument: str, error: SchemaError) -> ReadError:
    return ReadError(
        path,
        found=f"a table that breaks the column contract ({error})",
        expected=f"what {instrument} writes",
        remedy="Export the file again; if it is intact, please report it with this message.",
    )


def _located(record: Record, content_hash: str, position: int) -> Record:
    stated = {name[:_LONGEST]: _short(value) for name, value in _first(record.source.stated)}
    source = replace(
        record.source,
        content_hash=content_hash,
        position=position,
        method=record.source.method[:_LONGEST],
        instrument=record.source.instrument[:_LONGEST],
        stated=stated,
    )
    return record.with_source(source)


_MOST_NAMED: Final = 6
_LONGEST, _MOST_STATED = 2000, 2000
"""What a header says is kept with every record, and written with every result: it has a length."""


def _first(stated: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(islice(stated.items(), _MOST_STATED))


def _short(value: Any) -> Any:
    long = isinstance(value, str) and len(value) > _LONGEST
    return f"{value[:_LONGEST]} … ({len(value):,} characters)" if long else value


def _head(path: Path) -> Head:
    try:
        if path.is_dir():
            raise ReadError(
                path,
                found="a folder",
                expected="a file",
                remedy="Name the files in it, or hand the folder to 'softbreak triage'.",
            )
        if path.exists() and not path.is_file():
            raise ReadError(
                path,
                found="neither a file nor a folder (a pipe or a device)",
                expected="a regular file",
                remedy="Copy the data to a file first.",
            )
        head = Head.of(path)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _unreadable(path, error) from error
    if not head.data:
        raise ReadError(
            path,
            found="an empty file",
            expected="a cycler's or impedance analyser's file",
            remedy="Copy it again from the instrument's computer.",
        )
    return head


def _unreadable(path: Path, error: Exception) -> ReadError:
    missing = isinstance(error, FileNotFoundError)
    return ReadError(
        path,
        found="no such file" if missing else f"a file that cannot be opened ({error})",
        expected="a readable file",
        remedy="Check the spelling of the path." if missing else "Check its permissions and disk.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_packed(
    unpacked: Callable[[Path], AbstractContextManager[Path]],
    detect_inner: Callable[[Path], Reader],
    path: Path,
) -> list[Record]:
    """Read the one file that is packed in another; its records and errors bear the outer path."""
    with unpacked(path) as member, inside(path, member.name):
        if Head.of(member).data.startswith(_MAGICS) and detect(member) in _UNPACK:
            raise ReadError(
                member,
                found="a packed file inside a packed file",
                expected="a zip with one data file",
                remedy="Unpack it.",
            )
        records = detect_inner(member).read(member)
        return [zipped.within(record, path, "zip_member", member.name) for record in records]


_ZIP: Final = Reader(
    name="zip",
    instrument="a zip with one data file",
    suffixes=(".zip",),
    recognises=zipped.recognises,
    read=partial(_read_packed, zipped.only_member, detect),
    by_library=True,
)
_PACKED: Final = {
    Reader(
        name=packing.name.lower(),
        instrument=f"a data file that {packing.name} compressed",
        suffixes=(packing.suffix,),
        recognises=packing.recognises,
        read=partial(_read_packed, packing.unpacked, detect),
        by_library=True,
    ): packing.unpacked
    for packing in gzipped.PACKINGS
}
_MAGICS: Final = (zipped.MAGIC, *(packing.magic for packing in gzipped.PACKINGS))
_UNPACK: Final = {_ZIP: zipped.only_member, **_PACKED}
