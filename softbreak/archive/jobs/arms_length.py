"""Files at arm's length: what a library takes apart is read in a process that may die of it.

The process is started when the first such file is met, and stays for the next. Its tables come back
as plain arrays in files, everything else as JSON: nothing that a damaged file can do to the reader
is carried over.

Who follows many files has them read in two lanes, each a process: what does not come back soon goes
on in the slow one, so that it holds up other slow files and no more.
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from softbreak import errors
from softbreak.archive.jobs.process_pool import Pool, Task
from softbreak.boundary import Boundary, in_words
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError

SECONDS: Final = 300.0
MEMORY_BYTES: Final = 2**30
_READ: Final = "softbreak.archive.jobs.arms_length:read_job"
_WARM_UP: Final = "softbreak.archive.jobs.arms_length:warm_up"
_REMEDY: Final = (
    "The file is probably damaged: copy or export it again, as text if that is possible. "
    "If it is merely large, 'softbreak triage' takes --memory and --timeout."
)
_KINDS: Final = ("ReadError", "UnknownFormatError", "StatisticsError")
_BYTES_PER_SECOND: Final = 1e6
_GROWTH: Final = 12
QUICK_SECOND: Final = 10.0
QUICK_BYTES: Final = 16 << 20
"""What is larger is not even tried in the quick lane."""
_MOST_SLOW: Final = 10_000


class _LateError(ReadError):
    """A file that was not read in time."""


class ArmsLength:
    """Reads files in a process of its own, within limits.

    Parameters
    ----------
    seconds : float
        For a file, plus one second for every megabyte.
    memory_bytes : int
        By which the process may grow: this, or twelve times the file if that is more.
    job, warm_up : str
        "module:function" that the process calls.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        *,
        job: str = _READ,
        warm_up: str = _WARM_UP,
    ) -> None:
        self._seconds, self._memory_bytes = seconds, memory_bytes
        self._job, self._warm_up = job, warm_up
        self._lock = threading.Lock()
        self._pool: Pool | None = None

    def read(self, path: Path, columns: Mapping[str, Any] | None) -> list[Record]:
        """Read a file as :func:`softbreak.data.readers.registry.read` does.

        Raises
        ------
        ReadError
            As there; also if the process died of it, or had to be ended.
        """
        with self._lock, tempfile.TemporaryDirectory(prefix="softbreak-read-") as folder:
            told = {"path": str(path), "columns": dict(columns or {}), "folder": folder}
            pool = self._pool
            if pool is None:
                pool = self._pool = Pool(1, self._warm_up).__enter__()
            reply = next(iter(pool.run([self._task(path, told)])))
            if reply.from_outside:  # a system short of memory, or a person: not the file's fault
                reply = next(iter(pool.run([self._task(path, told)])))
            if reply.death:
                kind = _LateError if reply.late else ReadError
                raise kind(
                    path,
                    found=f"nothing could be read: {reply.death}",
                    expected="a file that can be read",
                    remedy=_REMEDY,
                )
            if "error" in reply.answer:
                raise _error_of(reply.answer["error"])
            return [
                _record_of(row, Path(folder), place)
                for place, row in enumerate(reply.answer["records"])
            ]

    def close(self) -> None:
        """End the process, also in the middle of a file."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)

    def _task(self, path: Path, told: dict[str, Any]) -> Task:
        size = path.stat().st_size
        seconds = self._seconds + size / _BYTES_PER_SECOND
        memory = max(self._memory_bytes, _GROWTH * size)
        return Task(0, self._job, told, seconds, memory)


class Lanes:
    """Reads files ahead: those that come back soon in one process, the others in another.

    Parameters
    ----------
    quick, slow : ArmsLength
        The limits of ``quick`` are short.
    """

    def __init__(self, quick: ArmsLength | None = None, slow: ArmsLength | None = None) -> None:
        self._quick, self._slow = quick or ArmsLength(QUICK_SECOND), slow or ArmsLength()
        self._lanes = [ThreadPoolExecutor(1), ThreadPoolExecutor(1)]
        self._known: OrderedDict[str, None] = OrderedDict()
        self._closed = False

    def read(self, path: Path, columns: Mapping[str, Any] | None) -> Future[list[Record]]:
        """Begin to read a file; the result is that of :meth:`ArmsLength.read`."""
        told: Future[list[Record]] = Future()
        slow = str(path) in self._known or path.stat().st_size > QUICK_BYTES
        self._lanes[slow].submit(self._read, told, path, columns, slow=slow)
        return told

    def close(self) -> None:
        """End both processes, also in the middle of a file."""
        self._closed = True
        for lane in self._lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        for reader in (self._quick, self._slow):
            reader.close()

    def _read(
        self,
        told: Future[list[Record]],
        path: Path,
        columns: Mapping[str, Any] | None,
        *,
        slow: bool,
    ) -> None:
        if self._closed:
            told.cancel()
            return
        with Boundary(str(path)) as boundary:
            told.set_result((self._slow if slow else self._quick).read(path, columns))
        if isinstance(boundary.error, _LateError) and not slow:
            self._known[str(path)] = None
            while len(self._known) > _MOST_SLOW:
                self._known.popitem(last=False)
            with Boundary(str(path)):  # the lanes may have been closed meanwhile
                self._lanes[True].submit(self._read, told, path, columns, slow=True)
        elif boundary.error is not None:
            told.set_exception(boundary.error)


def warm_up(_: Mapping[str, Any]) -> dict[str, Any]:
    """Load the readers."""
    import softbreak.data.readers.registry  # noqa: F401

    return {}


def read_job(told: Mapping[str, Any]) -> dict[str, Any]:
    """Read a file in the other process; its tables lie in a folder then.

    Parameters
    ----------
    told : mapping
        ``path``, ``columns``, ``folder``.
    """
    from softbreak.data.readers import registry

    with Boundary(told["path"]) as boundary:
        records = registry.read(Path(told["path"]), told["columns"] or None)
        folder = Path(told["folder"])
        return {"records": [_row_of(r, folder, place) for place, r in enumerate(records)]}
    return {"error": _told_of(told["path"], boundary.error)}


def _row_of(record: Record, folder: Path, place: int) -> dict[str, Any]:
    columns = [str(name) for name in record.table.columns]
    for number, name in enumerate(columns):
        np.save(_file(folder, place, number), record.array(name), allow_pickle=False)
    source = {name: getattr(record.source, name) for name in Source.__slots__}
    return {
        "cell": asdict(record.cell),
        "technique": str(record.technique),
        "columns": columns,
        "source": {**source, "stated": dict(record.source.stated)},
    }


def _record_of(row: Mapping[str, Any], folder: Path, place: int) -> Record:
    import pandas as pd

    arrays = {
        name: np.load(_file(folder, place, number), allow_pickle=False)
        for number, name in enumerate(row["columns"])
    }
    source = Source(**{**row["source"], "stated": MappingProxyType(row["source"]["stated"])})
    table = pd.DataFrame(arrays, copy=False)
    return Record(Cell(**row["cell"]), Technique(row["technique"]), table, source)


def _file(folder: Path, place: int, number: int) -> Path:
    return folder / f"{place}-{number}.npy"


def _told_of(path: str, error: Exception | None) -> dict[str, Any]:
    if isinstance(error, ReadError):
        kind = type(error).__name__
        cause = error.__cause__
        locked = [cause.errno, cause.strerror] if isinstance(cause, OSError) else None
        names = ("path", "found", "expected", "remedy", "place")
        told = {name: getattr(error, name) for name in names}
        return {**told, "kind": kind if kind in _KINDS else _KINDS[0], "locked": locked}
    return {
        "kind": _KINDS[0],
        "path": path,
        "found": f"an error of softbreak's own ({in_words(error) if error else ''})",
        "expected": "a file that can be read",
        "remedy": "Please report it with the file.",
        "place": "",
        "locked": None,
    }


def _error_of(told: Mapping[str, Any]) -> ReadError:
    words = dict(told)
    kind: type[ReadError] = getattr(errors, words.pop("kind"))
    locked = words.pop("locked")
    error = kind(words.pop("path"), **words)
    if locked is not None:
        error.__cause__ = OSError(*locked)  # it may be free again later
    return error
