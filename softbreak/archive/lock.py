"""One run at a time may write into a folder of results."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import IO

from softbreak.archive.tables import printable
from softbreak.errors import SoftbreakError

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
