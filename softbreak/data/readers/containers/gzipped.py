"""One data file that gzip, bzip2, xz or Zstandard compressed, unpacked within hard limits."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from softbreak.data.readers.base import Head
from softbreak.data.readers.containers.zip_file import member_limit, member_name
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.errors import ReadError

_CHUNK: Final = 1 << 20
_MOST_DICTIONARY: Final = 256 << 20
"""Bytes of memory that an xz file may ask for."""
_REMEDY: Final = "Copy it again, or unpack it yourself."

Pieces = Callable[[IO[bytes]], Iterator[bytes]]


@dataclass(frozen=True)
class Packing:
    """A way to compress one file.

    Attributes
    ----------
    name : str
        Of the program, in the registry and for messages.
    suffix : str
        What it appends to names.
    magic : bytes
        How such a file begins.
    pieces : callable
        Yields a file's content some bytes at a time.
    """

    name: str
    suffix: str
    magic: bytes
    pieces: Pieces

    def recognises(self, head: Head) -> bool:
        """Whether a file begins as the program writes it."""
        return head.data.startswith(self.magic)

    @contextmanager
    def unpacked(self, path: Path) -> Iterator[Path]:
        """Unpack the file into a temporary folder that goes when the block ends.

        Raises
        ------
        ReadError
            If it is damaged, cut off, or unpacks to more than a data file can hold.
        """
        limit = member_limit(path.stat().st_size)
        with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
            bare = path.name.lower().endswith(self.suffix)
            name = path.name[: -len(self.suffix)] if bare else path.name
            target = Path(folder) / member_name(name)
            with (
                foreign_errors(path, expected=f"an intact {self.name} file", remedy=_REMEDY),
                path.open("rb") as packed,
                target.open("wb") as out,
            ):
                for piece in self.pieces(packed):
                    if out.tell() + len(piece) > limit:
                        raise ReadError(
                            path,
                            found=f"{path.stat().st_size:,} bytes that unpack to more than "
                            f"{limit:,}",
                            expected=f"at most {limit:,} bytes",
                            remedy="If you trust it, unpack it yourself and name the file.",
                        )
                    out.write(piece)
            yield target


def _read_by(unpack: Callable[[IO[bytes]], Any], packed: IO[bytes]) -> Iterator[bytes]:
    with unpack(packed) as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _xz(packed: IO[bytes]) -> Iterator[bytes]:
    """Unpack xz with a limit on the memory that it may ask for, which the library's file lacks."""
    unpack = lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY)
    data = packed.read(_CHUNK)
    while True:
        piece = unpack.decompress(data, _CHUNK)
        if piece:
            yield piece
        if unpack.eof:
            data = unpack.unused_data.lstrip(b"\0") or packed.read(_CHUNK).lstrip(b"\0")
            if not data:
                return
            unpack = lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY)
            continue
        data = packed.read(_CHUNK) if unpack.needs_input else b""
        if unpack.needs_input and not data:
            raise EOFError("it ends before its mark of the end")


def _zstandard(packed: IO[bytes]) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(packed), "zstd")


PACKINGS: Final = (
    Packing("gzip", ".gz", b"\x1f\x8b\x08", partial(_read_by, lambda f: gzip.GzipFile(fileobj=f))),
    Packing("bzip2", ".bz2", b"BZh", partial(_read_by, bz2.BZ2File)),
    Packing("xz", ".xz", b"\xfd7zXZ\0", _xz),
    Packing("Zstandard", ".zst", b"\x28\xb5\x2f\xfd", partial(_read_by, _zstandard)),
)
