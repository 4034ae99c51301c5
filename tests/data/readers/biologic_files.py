"""Writes .mpr files, byte by byte, for tests and benchmarks: slow and obvious."""

import struct

import numpy as np

from softbreak.data.readers.cyclers import biologic_columns as bio

DATA_AT = {0: 100, 2: 405, 3: 406, 11: 1007}
STARTED = 45_000.5
"""OLE days: 2023-03-15 12:00."""


def module(name: bytes, version: int, content: bytes, *, new: bool = False) -> bytes:
    head = b"MODULE" + name.ljust(10) + name.ljust(25)
    if new:
        head += struct.pack("<IIII", 0xFFFFFFFF, len(content), 0, version)
    else:
        head += struct.pack("<II", len(content), version)
    return head + b"03/15/23" + content


def settings(technique: int, comment: bytes = b"", area: float = 0.001) -> bytes:
    raw = bytearray(0x700)
    raw[0] = technique
    raw[7] = len(comment)
    raw[8 : 8 + len(comment)] = comment
    struct.pack_into("<f", raw, 0x211, area)
    raw[0x250:0x252] = b"\x02\x01"
    return bytes(raw)


def log(days: float = STARTED) -> bytes:
    raw = bytearray(0x500)
    struct.pack_into("<d", raw, 0x249, days)
    return bytes(raw)


def data(version: int, numbers: list[int], rows: bytes, n_rows: int) -> bytes:
    number = "B" if version == 0 else "H"
    count = "H" if version == 11 else "B"
    head = struct.pack(f"<I{count}{len(numbers)}{number}", n_rows, len(numbers), *numbers)
    return head.ljust(DATA_AT[version], b"\0") + rows


def rows(numbers: list[int], columns: dict[int, list[float]], flags: list[int] | None) -> bytes:
    """Pack rows one value at a time; the flags byte stands where the first flag is listed."""
    packed = bytearray()
    for row in range(len(next(iter(columns.values())))):
        flags_written = False
        for number in numbers:
            if number in bio.FLAG_BITS:
                if not flags_written:
                    packed += bytes([flags[row]])
                flags_written = True
            else:
                kind = np.dtype(bio.BY_NUMBER[number].dtype)
                packed += np.array(columns[number][row], kind).tobytes()
    return bytes(packed)


def mpr(
    technique: int,
    numbers: list[int],
    columns: dict[int, list[float]],
    *,
    flags: list[int] | None = None,
    version: int = 3,
    comment: bytes = b"",
    area: float = 0.001,
) -> bytes:
    new = version >= 10
    packed = rows(numbers, columns, flags)
    n_rows = len(next(iter(columns.values())))
    return (
        b"BIO-LOGIC MODULAR FILE\x1a".ljust(48)
        + b"\0\0\0\0"
        + module(b"VMP Set", 10 if new else 0, settings(technique, comment, area), new=new)
        + module(b"VMP data", version, data(version, numbers, packed, n_rows), new=new)
        + module(b"VMP LOG", 10 if new else 0, log(), new=new)
    )
