"""One data file that gzip compressed (``.csv.gz``), unpacked within hard limits."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softbreak.data.readers.base import Head
from softbreak.data.readers.formats.zip_file import member_limit, member_name
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.errors import ReadError

MAGIC = b"\x1f\x8b\x08"
_CHUNK = 1 << 20
_REMEDY = "Copy it again, or unpack it yourself."


def recognises(head: Head) -> bool:
    """Whether a file begins as gzip writes it."""
    return head.data.startswith(MAGIC)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack the file into a temporary folder that goes when the block ends.

    Raises
    ------
    ReadError
        If it is damaged, cut off, or unpacks to more than a data file can hold.
    """
    limit = member_limit(path.stat().st_size)
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
        target = Path(folder) / member_name(name)
        with (
            foreign_errors(path, expected="an intact gzip file", remedy=_REMEDY),
            gzip.open(path) as packed,
            target.open("wb") as out,
        ):
            while piece := packed.read(_CHUNK):
                if out.tell() + len(piece) > limit:
                    raise ReadError(
                        path,
                        found=f"{path.stat().st_size:,} bytes that unpack to more than {limit:,}",
                        expected=f"at most {limit:,} bytes",
                        remedy="If you trust it, unpack it yourself and name the file.",
                    )
                out.write(piece)
        yield target
