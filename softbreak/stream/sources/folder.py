"""A folder of growing files: the cyclers' own, on a disk or a network share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from softbreak.boundary import Boundary, in_words
from softbreak.data.record import Cell, Record
from softbreak.errors import ReadError, SoftbreakError
from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.sources.file_position import Mark, hashed
from softbreak.stream.sources.folder_events import Waker
from softbreak.stream.sources.growing import GrowingFile, News
from softbreak.stream.sources.twins import Twins

MOST_AWAITED: Final = 16
"""So many cells' files are read elsewhere at a time; what was read lies in memory until the last
of a cell's has been."""
LONG_SECOND: Final = 60.0
"""A cell that is awaited for so long is slow: others need not wait for it."""
MOST_SLOW: Final = 64


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a folder is given.

    Attributes
    ----------
    settle_second : float
        A file that has not changed for so long is taken as finished, until it changes.
    ended_second : float
        A cell whose files have all been quiet for so long is judged as if it had ended.
    rescan_second : float
        The folder is listed again after so long.
    """

    settle_second: float = 60.0
    ended_second: float = 3600.0
    rescan_second: float = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """A cell and its files, as the manifest and the names have it.

    Attributes
    ----------
    cell : Cell
    files : tuple of str
        Relative to the folder, with forward slashes.
    spares : mapping
        For a file the exports that tell the same; read only if it cannot be.
    columns : mapping
        How to read tables that no reader recognises.
    doubtful : frozenset of str
        Files that are perhaps no data: nobody need hear that they cannot be read.
    """

    cell: Cell
    files: tuple[str, ...]
    spares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()

    def facts(self) -> str:
        """Return a fingerprint of what a verdict depends on beside the files."""
        return hashed(repr((asdict(self.cell), sorted(self.columns.items()))).encode())


Discover = Callable[[], Sequence[Found]]
Several = Callable[[Found, Sequence[Record]], bool]


class FolderSource(Source):
    """Follows the files below a folder.

    Parameters
    ----------
    root : Path
    discover : callable
        Lists the cells; called again and again, so that new files are found.
    several : callable, optional
        Asked when a cell is read for the first time: are its files after all several cells'?
        ``discover`` is then called again, and should list them apart.
    patience : Patience
    events : bool
        Wake when the operating system tells of a change, instead of after the interval alone.
        Network shares tell of none: the interval is kept in any case.
    """

    replays = True

    def __init__(
        self,
        root: Path,
        discover: Discover,
        *,
        several: Several | None = None,
        patience: Patience | None = None,
        events: bool = True,
    ) -> None:
        self.root = root
        self.name = f"folder:{root.resolve().as_posix()}"[-400:]
        self._discover, self._several = discover, several
        self._patience = patience or Patience()
        self._found: Sequence[Found] = ()
        self._listed = False
        self._next_scan = 0.0
        self._files: dict[str, GrowingFile] = {}
        self._owner: dict[str, str] = {}
        self._owned: dict[str, set[str]] = {}
        self._stored: dict[str, str] = {}
        self._again: set[str] = set()
        self._unreadable: set[str] = set()
        self._awaited: dict[str, float] = {}
        self._has_queue = False
        self._begun_again: dict[str, list[GrowingFile]] = {}
        self._twins = Twins(root)
        self._problems: list[Problem] = []
        self._waker = Waker(root) if events else None

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored tokens."""
        self._files.clear()
        self._awaited.clear()
        self._begun_again.clear()
        self._again.clear()
        self._owner.clear()
        self._owned.clear()
        for key, (cell_id, _) in tokens.items():
            self._own(cell_id, (key,))
        self._stored = {key: token for key, (_, token) in tokens.items()}

    def rewind(self, cell_ids: Iterable[str]) -> None:
        """Read these cells from zero with the next poll."""
        self._again.update(cell_ids)

    def poll(self) -> Iterator[Chunk]:
        """Yield one chunk for each cell that has something new."""
        if time.monotonic() >= self._next_scan:
            self._scan()
        self._has_queue = False
        for found in self._found:
            with Boundary() as boundary:
                chunk = self._chunk(found)
            if boundary.error is not None:  # one of ours: the others are looked at
                sentence = f"cannot be followed ({in_words(boundary.error)})"
                self._problems.append(Problem(found.cell.cell_id, sentence))
            elif chunk is not None:
                yield chunk
        if self._next_scan == 0.0:  # a cell has turned out to be several
            yield from self.poll()

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Nothing to do: files keep what they hold."""

    def problems(self) -> Sequence[Problem]:
        """Return what could not be read since the last call."""
        told, self._problems = self._problems, []
        return told

    def wait(self, second: float) -> None:
        """Wait until something changes, at most so long."""
        second = min(second, 0.2) if self.settling else second
        if self._waker is None or not self._waker.wait(second):
            time.sleep(second)

    @property
    def settling(self) -> bool:
        """Whether files are still being read."""
        return bool(self._awaited) or self._has_queue

    def close(self) -> None:
        """Stop listening."""
        if self._waker is not None:
            self._waker.close()

    def _scan(self) -> None:
        with Boundary() as boundary:
            self._found = self._discover()
            self._listed, self.stalled = True, ""
            names = {found.cell.cell_id for found in self._found}
            self._awaited = {name: at for name, at in self._awaited.items() if name in names}
        error = boundary.error
        if error is not None and not self._listed and isinstance(error, SoftbreakError | OSError):
            raise error
        if error is not None:
            # A share that is away, a manifest that is being edited: what was known goes on.
            self.stalled = str(error)
            self._problems.append(Problem(str(self.root), f"{error}; trying again"))
        self._next_scan = time.monotonic() + self._patience.rescan_second

    def _chunk(self, found: Found) -> Chunk | None:
        name = found.cell.cell_id
        files = [self._file(found, path) for path in self._readable(found)]
        mine = {file.name for file in files}
        begun = bool(self._owned.get(name))
        if name in self._again or self._moved(name, mine) or self._told_otherwise(found, files):
            return self._restart(found, files)
        if self._is_awaited(name, files):
            return None
        news: dict[str, News] = {}
        settled = []
        for file in files:
            was = file.mark.settled
            told = self._look(found, file)
            if told is not None and told.rewritten:
                return self._restart(found, files)
            if told is not None:
                news[file.name] = told
            if file.mark.settled and not was:
                settled.append(file.name)
        ended = self._has_ended(files)
        if not any(told.samples for told in news.values()) and not settled and not ended:
            return None
        if not begun and self._is_several(found, files, news):
            return None
        return self._made(found, files, news, backlog=not begun, ended=ended)

    def _is_awaited(self, name: str, files: Sequence[GrowingFile]) -> bool:
        """Whether files of a cell are still being read elsewhere: its rows come together."""
        now, others = time.monotonic(), [at for k, at in self._awaited.items() if k != name]
        quick = sum(now - at < LONG_SECOND for at in others)
        turn = quick < MOST_AWAITED and len(others) < MOST_SLOW
        awaited = False
        for file in files:
            with suppress(ReadError, OSError):  # said when it is looked at
                awaited |= file.is_being_read(may_begin=turn)
        if not awaited:
            self._awaited.pop(name, None)
        elif turn:
            self._awaited.setdefault(name, now)
        else:
            self._has_queue = True
        return awaited

    def _has_ended(self, files: list[GrowingFile]) -> bool:
        """Whether all files have been quiet for long, and that was not told yet."""
        known = [file for file in files if file.known]
        quiet = all(f.mark.settled and f.quiet_second >= self._patience.ended_second for f in known)
        if not known or not quiet or all(file.mark.ended for file in known):
            return False
        for file in known:
            file.mark.ended = True
        return True

    def _is_several(self, found: Found, files: list[GrowingFile], news: Mapping[str, News]) -> bool:
        records = [record for told in news.values() for record in told.records]
        if self._several is None or len(news) < 2 or not self._several(found, records):
            return False
        for file in files:  # each will be read again as its own cell's
            self._files.pop(file.name, None)
        self._next_scan = 0.0
        return True

    def _restart(self, found: Found, files: list[GrowingFile]) -> Chunk | None:
        """Read a cell from zero, once all its files can be read."""
        name = found.cell.cell_id
        again = self._begun_again.pop(name, [])
        if [file.name for file in again] != [file.name for file in files]:
            again = [file.fresh() for file in files]
        if self._is_awaited(name, again):
            self._begun_again[name] = again
            self._again.add(name)
            return None
        news: dict[str, News] = {}
        before = len(self._problems)
        for file in again:
            file.mark.facts = found.facts()
            told = self._look(found, file)
            if told is not None:
                news[file.name] = told
            elif len(self._problems) > before and not file.mark.settled:
                self._again.add(name)
                return None
        self._again.discard(name)
        if self._is_several(found, again, news):
            return None
        for path in self._owned.pop(name, ()):
            self._owner.pop(path, None)
        self._files.update({file.name: file for file in again})
        return self._made(found, again, news, restart=True, ended=self._has_ended(again))

    def _made(
        self,
        found: Found,
        files: list[GrowingFile],
        news: Mapping[str, News],
        *,
        restart: bool = False,
        backlog: bool = False,
        ended: bool = False,
    ) -> Chunk:
        records: list[Record] = [record for told in news.values() for record in told.records]
        tokens = {f.name: f.mark.dump() for f in files if f.name in news or (ended and f.known)}
        self._own(found.cell.cell_id, tokens)
        return Chunk(
            found.cell,
            tokens,
            lambda: records,
            samples=sum(told.samples for told in news.values()),
            restart=restart,
            backlog=backlog,
            ended=ended,
        )

    def _own(self, cell_id: str, files: Iterable[str]) -> None:
        for name in files:
            before = self._owner.get(name, cell_id)
            if before != cell_id:
                self._owned[before].discard(name)
            self._owner[name] = cell_id
            self._owned.setdefault(cell_id, set()).add(name)

    def _readable(self, found: Found) -> list[str]:
        """Return the files to be read, each once; beside one that cannot be, its exports."""
        paths: list[str] = []
        for path in found.files:
            paths.append(path)
            if _valid(path) in self._unreadable:
                paths += found.spares.get(path, ())
        kept, copies = self._twins.without(paths)
        for path, whole in copies:
            sentence = f"left out: all its bytes stand in {whole} too"
            self._problems.append(Problem(_valid(path), sentence))
        return kept

    def _file(self, found: Found, path: str) -> GrowingFile:
        name = _valid(path)
        file = self._files.get(name)
        if file is None:
            token = self._stored.pop(name, None)
            mark = Mark.load(token) if token else Mark(facts=found.facts())
            file = GrowingFile(
                self.root / path, name, found.columns, mark, self._patience.settle_second
            )
            self._files[name] = file
        return file

    def _moved(self, name: str, mine: set[str]) -> bool:
        """Whether files that were this cell's are another's now, or the other way round."""
        gone = self._owned.get(name, set()) - mine
        taken = [k for k in mine if self._owner.get(k, name) != name]
        return bool(taken) or any((self.root / path).exists() for path in gone)

    def _told_otherwise(self, found: Found, files: list[GrowingFile]) -> bool:
        facts = found.facts()
        return any(file.known and file.mark.facts != facts for file in files)

    def _look(self, found: Found, file: GrowingFile) -> News | None:
        try:
            news = _looked(file)
        except ReadError as error:
            if isinstance(error.__cause__, OSError):
                self._locked(file, error.__cause__)
            elif file.is_quiet():
                file.give_up()
                self._unreadable.add(file.name)
                if file.name not in found.doubtful:
                    self._problems.append(Problem(file.name, str(error)))
            return None
        except OSError as error:
            self._locked(file, error)
            return None
        if news is not None:
            self._unreadable.discard(file.name)  # its exports, if any, are given up again
        return news

    def _locked(self, file: GrowingFile, error: OSError) -> None:
        sentence = f"cannot be opened now ({error.strerror or error}); trying again"
        self._problems.append(Problem(file.name, sentence))


def _looked(file: GrowingFile) -> News | None:
    """Look at a file; an error of ours in a reader is that file's."""
    with Boundary() as boundary:
        return file.look()
    error = boundary.error
    if isinstance(error, ReadError | OSError):
        raise error
    raise ReadError(
        file.name,
        found=f"an error of softbreak's own ({in_words(error) if error else ''})",
        expected="a file that can be read",
        remedy="Please report it with the file.",
    ) from error


def _valid(path: str) -> str:
    """Return a file's name as text that every store takes: old shares hold others."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
