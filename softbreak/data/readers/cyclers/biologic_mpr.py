"""BioLogic's binary ``.mpr``.

A file is a 52-byte mark and then modules: settings, data, log and more. A module is a header
(name, length, version, date) and its content. The content of the data module is the number of
rows, the numbers of the columns, padding up to a fixed place, and the rows, packed one after the
other; :mod:`~softbreak.data.readers.cyclers.biologic_columns` says what a column number means.

Here: the modules, and what the settings and the log say. The rows are read in
:mod:`~softbreak.data.readers.cyclers.biologic_mpr_data`.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.cyclers import biologic_columns as bio
from softbreak.data.readers.cyclers.biologic_mpr_data import REMEDY_COPY, Module, table
from softbreak.data.readers.cyclers.biologic_records import Header, records
from softbreak.data.record import Record
from softbreak.errors import ReadError

MAGIC: Final = b"BIO-LOGIC MODULAR FILE\x1a"
_FIRST_MODULE = 52
_SETTINGS, _DATA, _LOG = b"VMP Set   ", b"VMP data  ", b"VMP LOG   "
_OLD_HEADER = struct.Struct("<6s10s25sII8s")
"""MODULE, short name, long name, length, version, date (to EC-Lab 11.4)."""
_NEW_HEADER = struct.Struct("<6s10s25sIIII8s")
"""MODULE, short name, long name, 2³² - 1, length, 0, version, date (from EC-Lab 11.5)."""
_NEW_MARK = 0xFFFFFFFF
_SETTINGS_BYTES = _LOG_BYTES = 0x600
"""What lies beyond is not needed."""
_OLE_EPOCH_UNIX_SECOND = -2_209_161_600
"""1899-12-30, from which OLE automation counts days."""
_OLE_OFFSET = 0x249
_OLE_DAYS = 32_874.0, 73_051.0
"""1990 to 2100: a number outside is no date."""


_TEXTS = {
    "comments": 0x007,
    "electrode_material": 0x11E,
    "electrolyte": 0x1C0,
    "reference_electrode": 0x215,
}
"""Offsets in the settings of texts whose first byte is their length."""
_ACTIVE_MASS, _AREA, _CHARACTERISTIC_MASS, _MASS_UNITS = 0x107, 0x211, 0x24C, 0x250
_MASS_UNIT = {1: "g", 2: "mg"}


def recognises(head: Head) -> bool:
    """Whether a file begins as BioLogic's modular files do."""
    return head.data.startswith(MAGIC)


def read(path: Path) -> list[Record]:
    """Read a ``.mpr``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Record

    Raises
    ------
    ReadError
        If the file is damaged, of an unknown version, or holds a column of unknown number.
    """
    with path.open("rb") as file:
        modules = _modules(file, path)
        tables = [module for module in modules if module.name == _DATA]
        if not tables:
            raise ReadError(
                path,
                found="no data module",
                expected="modules of settings, data and log",
                remedy=REMEDY_COPY,
            )
        header = _header(file, path, modules)
        return [
            record for module in tables for record in records(header, table(file, header, module))
        ]


def _modules(file: BinaryIO, path: Path) -> list[Module]:
    size = os.fstat(file.fileno()).st_size
    found: list[Module] = []
    offset = _FIRST_MODULE
    while offset < size:
        file.seek(offset)
        raw = file.read(_NEW_HEADER.size).ljust(_NEW_HEADER.size, b"\0")
        mark, name, _, length, version, *_ = _OLD_HEADER.unpack_from(raw)
        content = offset + _OLD_HEADER.size
        if length == _NEW_MARK:
            _, _, _, _, length, _, version, _ = _NEW_HEADER.unpack(raw)
            content = offset + _NEW_HEADER.size
        if mark != b"MODULE":
            if any(module.name == _DATA for module in found):
                break  # the measurement is whole; what follows it is of no use
            raise ReadError(
                path,
                found=f"{raw[:6]!r}",
                expected="the beginning of a module",
                remedy=REMEDY_COPY,
                place=f"byte {offset:,}",
            )
        available = max(0, min(length, size - content))
        found.append(Module(name, version, content, length, available))
        offset = content + length
    return found


def _header(file: BinaryIO, path: Path, modules: list[Module]) -> Header:
    settings = _content(file, modules, _SETTINGS, _SETTINGS_BYTES)
    log = _content(file, modules, _LOG, _LOG_BYTES)
    code = settings[0] if settings else 0
    method = bio.METHODS_BY_BYTE.get(code, bio.Method(f"technique {code:#04x}"))
    stated = _stated(settings)
    short = [m for m in modules if m.available < m.length and m.name != _DATA]
    if short:
        stated["damage"] = (
            f"the file ends inside its module {short[0].name.decode('latin-1').strip()}"
        )
    return Header(path, READER.name, method, _started(log), stated)


def _content(file: BinaryIO, modules: list[Module], name: bytes, most: int) -> bytes:
    for module in modules:
        if module.name == name:
            file.seek(module.offset)
            return file.read(min(module.available, most))
    return b""


def _started(log: bytes) -> float | None:
    if len(log) < _OLE_OFFSET + 8:
        return None
    (days,) = struct.unpack_from("<d", log, _OLE_OFFSET)
    if not _OLE_DAYS[0] < days < _OLE_DAYS[1]:
        return None
    # The clock's resolution is a millisecond; a double of days resolves a microsecond.
    return round(days * 86_400.0 + _OLE_EPOCH_UNIX_SECOND, 3)


def _stated(settings: bytes) -> dict[str, str]:
    """Return what the settings say of the cell, worded as a ``.mpt`` words it."""
    if len(settings) < _MASS_UNITS + 2:
        return {}
    found = {name: _text(settings, offset) for name, offset in _TEXTS.items()}
    active, area, characteristic = (
        struct.unpack_from("<f", settings, offset)[0]
        for offset in (_ACTIVE_MASS, _AREA, _CHARACTERISTIC_MASS)
    )
    units = [_MASS_UNIT.get(code, "") for code in settings[_MASS_UNITS : _MASS_UNITS + 2]]
    found["mass_of_active_material"] = f"{active:.3f} {units[0]}".strip()
    found["electrode_surface_area"] = f"{area:.3f} cm²"
    found["characteristic_mass"] = f"{characteristic:.3f} {units[1]}".strip()
    return {name: text for name, text in found.items() if text and text != "(unspecified)"}


def _text(settings: bytes, offset: int) -> str:
    length = settings[offset]
    return settings[offset + 1 : offset + 1 + length].decode("cp1252", errors="replace").strip()


READER: Final = Reader(
    name="biologic-mpr",
    instrument="BioLogic EC-Lab and BT-Lab (.mpr)",
    suffixes=(".mpr",),
    recognises=recognises,
    read=read,
)
