"""The packs of one model: which cell lies where, new names, and few files instead of many."""

from __future__ import annotations

import logging
import os
import socket
from collections import OrderedDict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from softbreak.archive.results.pack import PackReader, PackWriter, Stored
from softbreak.archive.tables import PART, printable
from softbreak.errors import ReadError, SoftbreakError

NAME = ".lock"


class BusyError(SoftbreakError):
    """Another run writes into the folder."""


class Lock:
    """Hold a folder for writing; the operating system lets go of it with the process.

    Parameters
    ----------
    folder : Path
        Is made where it does not exist.

    Raises
    ------
    BusyError
        On entering, if another process holds it.
    SoftbreakError
        On entering, if the folder's name is no valid text: few programs could open what is in it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file: IO[str] | None = None

    def __enter__(self) -> Lock:
        """Take the lock, and say who has it."""
        name = str(self.path.parent)
        if printable(name) != name:
            raise SoftbreakError(
                f"{printable(name)}: results cannot be written to a folder whose name is no valid "
                "text; name another one with --out"
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+", encoding="utf-8")
        try:
            _take(file)
        except OSError as error:
            file.seek(0)
            holder = file.read(200).strip() or "another process"
            file.close()
            raise BusyError(
                f"{printable(str(self.path.parent))}: {holder} is writing results there. Wait for "
                "it to end, or name another folder with --out."
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go. The file stays: removing it would let two runs in at once."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


if os.name == "nt":
    import msvcrt

    _FAR = 1 << 20

    def _take(file: IO[str]) -> None:
        """Lock a byte beyond the text, so that others can still read who has it."""
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        file.seek(0)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


logger = logging.getLogger(__name__)

SMALL_BYTES: Final = 4 << 20
MOST_SMALL: Final = 64
"""So many packs smaller than that may lie about before they are put into one."""
_PACK_BYTES: Final = 64 << 20
_OPEN: Final = 32


class Shelf:
    """A folder of packs.

    A name is ``RUN-NUMBER.zip``; of a cell that lies in two packs the one of the later name is
    the one that counts, so that a cell is replaced without a pack being changed.

    Parameters
    ----------
    folder : Path
        Need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run = 1 + max((_run_of(path) for path in self._packs()), default=0)
        self._number = 0

    def _packs(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*-[0-9]*.zip"))

    def new_pack(self) -> Path:
        """Return the name of the next pack of this run."""
        self._number += 1
        return self.folder / f"{self._run:06d}-{self._number:07d}.zip"

    def tidy(self) -> None:
        """Remove what a killed run left half written. Only for who holds the lock."""
        for path in self.folder.glob(f".*{PART}*"):
            path.unlink(missing_ok=True)

    def index(self) -> dict[str, Stored]:
        """Return where each cell lies, by its key; a pack that is damaged holds none."""
        found: dict[str, Stored] = {}
        for path, keys in self._contents():
            found.update((key, Stored(path, key)) for key in keys)
        return found

    def _contents(self) -> Iterator[tuple[Path, list[str]]]:
        for path in self._packs():
            try:
                with PackReader(path) as pack:
                    yield path, pack.keys()
            except ReadError as error:
                logger.warning("%s", error)

    def compact(self) -> None:
        """Put many small packs into few large ones; drop those of which all cells are replaced.

        Cells that the archive no longer has are kept: perhaps a disk is not mounted today.
        """
        found = list(self._contents())
        newest = {key: path for path, keys in found for key in keys}
        cells = {
            path: [Stored(path, key) for key in keys if newest[key] == path] for path, keys in found
        }
        done_with = [path for path, inside in cells.items() if not inside]
        small = [path for path, inside in cells.items() if inside and _size(path) < SMALL_BYTES]
        if len(small) > MOST_SMALL:
            self._merge([stored for path in small for stored in cells[path]])
            done_with += small
        for path in done_with:
            path.unlink(missing_ok=True)

    def _merge(self, cells: list[Stored]) -> None:
        """Copy cells into new packs; all are whole before the first of the old ones goes."""
        writer, size = PackWriter(self.new_pack()), 0
        try:
            for path, inside in groupby(sorted(cells), key=lambda stored: stored.pack):
                if size > _PACK_BYTES:
                    writer.close()
                    writer, size = PackWriter(self.new_pack()), 0
                with PackReader(path) as pack:
                    for stored in inside:
                        writer.copy(stored.key, pack.archive)
                size += _size(path)
            writer.close()
        except BaseException:
            writer.drop()
            raise


class Readers:
    """Packs opened for reading, the last few kept open: cells are not asked for pack by pack."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, PackReader] = OrderedDict()

    def __enter__(self) -> Readers:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all."""
        self.close()

    def close(self) -> None:
        """Close all packs; they are opened again when they are asked for."""
        for pack in self._open.values():
            pack.close()
        self._open.clear()

    def of(self, stored: Stored) -> PackReader:
        """Return the reader of the pack in which a cell lies."""
        path = stored.pack
        if path not in self._open:
            self._open[path] = PackReader(path)
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(path)
        return self._open[path]

    def meta(self, stored: Stored) -> dict[str, Any]:
        """Return the JSON part of a cell's result."""
        return self.of(stored).meta(stored.key)


def _run_of(path: Path) -> int:
    run = path.name.partition("-")[0]
    return int(run) if run.isascii() and run.isdigit() else 0


def _size(path: Path) -> int:
    return path.stat().st_size
