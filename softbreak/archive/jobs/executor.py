"""Get cells done: here, or in workers that may die; find the file that killed one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

from softbreak.archive.inputs.storage import storage_of
from softbreak.archive.jobs.cell_job import Job, Outcome, as_json, meta_of_failures, paths_of_basis
from softbreak.archive.jobs.process_main import resolve
from softbreak.archive.jobs.process_pool import Reply, Task
from softbreak.archive.jobs.process_start import WARM_UP
from softbreak.archive.results.pack import PackWriter, members_of
from softbreak.archive.tables import Failure
from softbreak.errors import SoftbreakError

MEMORY_BYTES: Final = 2**30
SECONDS: Final = 900.0
TRIES: Final = 4
"""A worker may be killed by others than its file: only one that dies so often is to blame."""
_BYTES_PER_SECOND: Final = 1e6
_GROWTH: Final = 12


_Sized = tuple[Job, int]


class UnwritableError(SoftbreakError):
    """Results cannot be written: a full disk, a folder without permission."""


class Runner(Protocol):
    """Where tasks are done: a pool of processes, or a cluster."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Reply]:
        """Do tasks, yield replies as they come."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one cell may take, so that one damaged file cannot stop an archive.

    Attributes
    ----------
    seconds : float
        For each cell, plus one second for every megabyte of its files.
    memory_bytes : int
        By which a worker may grow: this, or twelve times the cell's files if that is more.
    """

    seconds: float = SECONDS
    memory_bytes: int = MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class Functions:
    """What is called in a worker, as "module:function".

    Attributes
    ----------
    work, probe : str
        See :func:`softbreak.archive.jobs.cell_job.run_batch` and ``probe_job``.
    warm_up : str
        Called once with an empty mapping when a worker starts.
    cell : str
        Does one cell, see :func:`softbreak.archive.jobs.cell_job.add_job`.
    """

    work: str = "softbreak.archive.jobs.cell_job:run_batch"
    probe: str = "softbreak.archive.jobs.cell_job:probe_job"
    warm_up: str = WARM_UP
    cell: str = "softbreak.archive.jobs.cell_job:add_job"


@dataclass(frozen=True, slots=True)
class Batch:
    """Cells that are done one after the other, into one pack.

    Attributes
    ----------
    pack : Path
    jobs : tuple of Job
    sizes : tuple of int
        Bytes of each cell's files.
    """

    pack: Path
    jobs: tuple[Job, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Crew:
    """Does jobs within limits.

    Attributes
    ----------
    limits : Limits
    functions : Functions
    """

    limits: Limits = Limits()
    functions: Functions = Functions()

    def here(self, batches: Iterable[Batch]) -> Generator[Outcome, None, None]:
        """Do batches in this process, yield each cell when it is done.

        What is done is kept when the generator is closed, or interrupted. While a cell is worked
        on, a mark lies beside the packs. Should the process die, the next run finds the mark and
        takes a worker.
        """
        do = resolve(self.functions.cell)
        for batch in batches:
            with _guarded(batch.pack.parent):
                writer = PackWriter(batch.pack)
            try:
                for job in batch.jobs:
                    mark = mark_of(batch.pack.parent, job.key)
                    with _guarded(batch.pack.parent):
                        mark.touch()
                        try:
                            outcome = do(job, writer)
                        finally:
                            mark.unlink(missing_ok=True)
                    yield outcome
            except UnwritableError:
                writer.drop()
                raise
            finally:
                with _guarded(batch.pack.parent):
                    writer.close()

    def on(
        self, runner: Runner, batches: Iterable[Batch], new_pack: Callable[[], Path]
    ) -> Generator[Outcome, None, None]:
        """Do batches in workers, yield each cell when it is done.

        Parameters
        ----------
        runner : Runner
        batches : iterable of Batch
            In the order in which they are begun.
        new_pack : callable
            Names the packs of what has to be done again.
        """
        lost: list[_Sized] = []
        settled: list[tuple[Batch, Reply]] = []
        for batch, reply in self._replies(runner, batches):
            if not reply.death:
                yield from _outcomes(batch, reply)
            elif len(batch.jobs) > 1 or reply.from_outside:
                lost += zip(batch.jobs, batch.sizes, strict=True)
            else:
                settled.append((batch, reply))
        suspects: list[_Sized] = []
        for batch, reply in chain(settled, self._persistently(runner, lost, new_pack)):
            if not reply.death:
                yield from _outcomes(batch, reply)
            elif len(_paths(batch.jobs[0])) > 1:
                suspects.append((batch.jobs[0], batch.sizes[0]))
            else:
                yield self._given_up(batch, "read", reply)
        cleaned = self._without_poison(runner, suspects)
        for batch, reply in self._persistently(runner, cleaned, new_pack):
            if reply.death:
                yield self._given_up(batch, "diagnose", reply)
            else:
                yield from _outcomes(batch, reply)

    def _replies(self, runner: Runner, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Reply]]:
        begun: dict[int, Batch] = {}

        def tasks() -> Iterator[Task]:
            for key, batch in enumerate(batches):
                begun[key] = batch
                yield self._task(key, batch)

        for reply in runner.run(tasks()):
            yield begun.pop(reply.task.key), reply

    def _persistently(
        self, runner: Runner, cells: Sequence[_Sized], new_pack: Callable[[], Path]
    ) -> Iterator[tuple[Batch, Reply]]:
        """Do cells one by one; again, where a worker died of what may not be the cell's fault."""
        for turn in range(TRIES, 0, -1):
            again: list[_Sized] = []
            batches = (Batch(new_pack(), (job,), (size,)) for job, size in cells)
            for batch, reply in self._replies(runner, batches):
                if reply.from_outside and turn > 1:
                    again.append((batch.jobs[0], batch.sizes[0]))
                else:
                    yield batch, reply
            cells = again

    def _without_poison(self, runner: Runner, cells: Sequence[_Sized]) -> list[_Sized]:
        """Read every file of cells that killed alone; leave out those that kill again."""
        suspects = [(job, path) for job, _ in cells for path in _paths(job)]
        poison: dict[str, list[Failure]] = {}
        for turn in range(TRIES, 0, -1):
            again = []
            tasks = (self._probe(key, *suspect) for key, suspect in enumerate(suspects))
            for reply in runner.run(tasks):
                job, path = suspects[reply.task.key]
                if reply.from_outside and turn > 1:
                    again.append((job, path))
                elif reply.death:
                    failure = Failure(path, "read", reply.death, reply.remedy)
                    poison.setdefault(job.key, []).append(failure)
            suspects = again
        return [
            (replace(job, excluded=tuple(sorted(poison.get(job.key, ())))), size)
            for job, size in cells
        ]

    def _task(self, key: int, batch: Batch) -> Task:
        jobs = [as_json(job) for job in batch.jobs]
        told = {"pack": str(batch.pack), "cell": self.functions.cell, "jobs": jobs}
        return self._limited(key, self.functions.work, told, batch.sizes)

    def _probe(self, key: int, job: Job, path: str) -> Task:
        told = {"root": job.root, "path": path}
        return self._limited(key, self.functions.probe, told, [storage_of(job.root).size(path)])

    def _limited(self, key: int, function: str, told: dict[str, Any], sizes: Sequence[int]) -> Task:
        seconds = len(sizes) * self.limits.seconds + sum(sizes) / _BYTES_PER_SECOND
        memory = max(self.limits.memory_bytes, _GROWTH * max(sizes))
        return Task(key, function, told, seconds, memory)

    def _given_up(self, batch: Batch, stage: str, reply: Reply) -> Outcome:
        job = batch.jobs[0]
        failure = Failure(_paths(job)[0], stage, reply.death, reply.remedy)
        limits = [self.limits.seconds, self.limits.memory_bytes]
        meta = {**meta_of_failures(job, [failure]), "limits": limits}
        with _guarded(batch.pack.parent), PackWriter(batch.pack) as writer:
            writer.put(job.key, members_of(meta, None))
        return Outcome(job.key, "", 0)

    def may_now(self, meta: dict[str, Any]) -> bool:
        """Return whether a cell that was given up gets more time or memory now."""
        told = meta.get("limits")
        return told is not None and (
            self.limits.seconds > told[0] or self.limits.memory_bytes > told[1]
        )


def mark_of(folder: Path, key: str) -> Path:
    """Return the mark that lies beside the packs while this process works on a cell."""
    return folder / f"{key}.running"


def _outcomes(batch: Batch, reply: Reply) -> Iterator[Outcome]:
    if "unwritable" in reply.answer:
        raise _unwritable(batch.pack.parent, reply.answer["unwritable"])
    for told in reply.answer["outcomes"]:
        with suppress(OSError):
            os.unlink(mark_of(batch.pack.parent, told[0]))  # noqa: PTH108 - a cell at a time
        yield Outcome(*told)


class _guarded:  # noqa: N801 - reads as a verb where it is used
    """Say what to do when results cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _unwritable(self.folder, error.strerror or str(error)) from error


def _unwritable(folder: Path, reason: str) -> UnwritableError:
    return UnwritableError(
        f"results cannot be written to {folder}: {reason}. What was done before is kept: mend it, "
        "and the same command goes on from there"
    )


def _paths(job: Job) -> list[str]:
    return list(paths_of_basis(job.basis))
