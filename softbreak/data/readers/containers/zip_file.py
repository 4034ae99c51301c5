"""One data file in a zip, unpacked within hard limits."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from softbreak.data.readers.base import Head
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.record import Record
from softbreak.errors import ReadError

MAGIC = b"PK\x03\x04"
MOST_BYTES = 512 << 20
"""No member is unpacked beyond this, however large its archive."""
FREE_BYTES = 64 << 20
"""Below this any ratio of compression is believed."""
MOST_RATIO = 200
"""Above ``FREE_BYTES`` a cycler's data never shrink to less than 1 / ``MOST_RATIO``."""
_CHUNK = 1 << 20
_REMEDY = "Copy it again, or unpack it yourself."


def recognises(head: Head) -> bool:
    """Whether a file begins as a zip does."""
    return head.data.startswith(MAGIC)


def member_limit(compressed: int) -> int:
    """Return how many bytes a member of ``compressed`` bytes may unpack to."""
    return min(max(FREE_BYTES, MOST_RATIO * compressed), MOST_BYTES)


def check_members(path: Path) -> list[zipfile.ZipInfo]:
    """Return a zip's members (folders left out) once none of them declares too large a size.

    Raises
    ------
    ReadError
        If the directory of the zip is damaged, or a member or their sum is beyond the limits.
    """
    with (
        foreign_errors(path, expected="an intact zip", remedy=_REMEDY),
        zipfile.ZipFile(path) as archive,
    ):
        members = [info for info in archive.infolist() if not info.is_dir()]
    for info in members:
        if info.file_size > member_limit(info.compress_size):
            raise _bomb(path, info)
    if sum(info.file_size for info in members) > member_limit(path.stat().st_size):
        raise _bomb(path, max(members, key=lambda info: info.file_size))
    return members


@contextmanager
def only_member(path: Path) -> Iterator[Path]:
    """Unpack the one data file of a zip into a temporary folder that goes when the block ends.

    Raises
    ------
    ReadError
        If the zip is damaged, a bomb, encrypted, or holds not exactly one data file.
    """
    members = [info for info in check_members(path) if not _is_litter(info.filename)]
    if len(members) != 1:
        names = ", ".join(info.filename for info in members[:5]) or "nothing"
        raise ReadError(
            path,
            found=f"a zip of {len(members)} files ({names})",
            expected="a zip of exactly one data file",
            remedy="Unpack it and name the files or their folder.",
        )
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        target = Path(folder) / member_name(members[0].filename)
        unpack(path, members[0], target)
        yield target


def unpack(path: Path, info: zipfile.ZipInfo, target: Path) -> None:
    """Copy one member to ``target`` in pieces and stop where it outgrows its limit.

    Raises
    ------
    ReadError
        If the member is damaged, encrypted, or larger than it may be.
    """
    limit = member_limit(info.compress_size)
    # Which error a damaged member raises depends on who decompresses: fastnda swaps zlib for isal.
    with (
        foreign_errors(path, expected="an intact zip", remedy=_REMEDY),
        zipfile.ZipFile(path) as archive,
        archive.open(info) as packed,
        target.open("wb") as out,
    ):
        while piece := packed.read(_CHUNK):
            if out.tell() + len(piece) > limit:
                raise _bomb(path, info)
            out.write(piece)


def member_name(name: str) -> str:
    """Return a member's own name: without folders, so that no "../" can lead out of ours."""
    name = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in name if c.isprintable())[-100:] or "member"


def within(record: Record, path: Path, kind: str, name: str) -> Record:
    """Return a record of a part of a file as one of that file, which ``stated[kind]`` names."""
    stated = {**record.source.stated, kind: name}
    return replace(record, source=replace(record.source, path=str(path), stated=stated))


def _is_litter(name: str) -> bool:
    return "__MACOSX" in PurePosixPath(name).parts or name.endswith((".DS_Store", "Thumbs.db"))


def _bomb(path: Path, info: zipfile.ZipInfo) -> ReadError:
    return ReadError(
        path,
        place=info.filename,
        found=f"a member of {info.compress_size:,} bytes unpacking to {info.file_size:,} or more",
        expected=f"at most {member_limit(info.compress_size):,} bytes",
        remedy="If you trust it, unpack it yourself and name the file.",
    )
