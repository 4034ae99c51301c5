"""Get cells done: here, or in workers that may die; find the file that killed one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from softbreak.archive.failures import Failure
from softbreak.archive.pool import Pool, Reply, Task
from softbreak.archive.store import read_meta, write_result
from softbreak.archive.work import Job, as_json, meta_of_failures, run_job

MEMORY_BYTES: Final = 2**30
SECONDS: Final = 900.0
_BYTES_PER_SECOND: Final = 1e6
_GROWTH: Final = 12


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
        See :func:`softbreak.archive.work.run_job` and ``probe_job``.
    warm_up : str
        Called once with an empty mapping when a worker starts.
    """

    work: str = "softbreak.archive.work:run_job"
    probe: str = "softbreak.archive.work:probe_job"
    warm_up: str = "softbreak.archive.work:warm_up"


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

    def here(self, jobs: Sequence[Job]) -> Generator[Job, None, None]:
        """Do jobs in this process, yield each when it is done.

        While a job runs, a mark lies beside its result. Should the process die, the next run
        finds the mark and takes a worker.
        """
        for job in jobs:
            mark = mark_of(job)
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
            try:
                run_job(as_json(job))
            finally:
                mark.unlink(missing_ok=True)
            yield job

    def in_workers(self, jobs: Sequence[Job], workers: int) -> Generator[Job, None, None]:
        """Do jobs in worker processes, the largest first; yield each when it is done."""
        queue = sorted(jobs, key=_size, reverse=True)
        with Pool(workers, self.functions.warm_up) as pool:
            killed = yield from self._round(pool, queue, self._first_death)
            again = list(self._without_poison(pool, killed))
            yield from self._round(pool, again, self._last_death)

    def _round(
        self, pool: Pool, jobs: Sequence[Job], died: Callable[[Job, Reply], bool]
    ) -> Generator[Job, None, list[Job]]:
        killed = []
        tasks = [self._task(k, self.functions.work, job) for k, job in enumerate(jobs)]
        for reply in pool.run(tasks):
            job = jobs[reply.task.key]
            if reply.death and died(job, reply):
                killed.append(job)
            else:
                mark_of(job).unlink(missing_ok=True)
                yield job
        return killed

    def _first_death(self, job: Job, reply: Reply) -> bool:
        """A cell of one file is settled; of many, the file to blame has to be found."""
        paths = _paths(job)
        if len(paths) > 1:
            return True
        self._give_up(job, Failure(paths[0], "read", reply.death, reply.remedy))
        return False

    def _last_death(self, job: Job, reply: Reply) -> bool:
        self._give_up(job, Failure(_paths(job)[0], "diagnose", reply.death, reply.remedy))
        return False

    def _without_poison(self, pool: Pool, killed: Sequence[Job]) -> Iterator[Job]:
        """Read every file of the killed cells alone; leave out those that kill again."""
        suspects = [(job, path) for job in killed for path in _paths(job)]
        tasks = []
        for key, (job, path) in enumerate(suspects):
            task = self._task(key, self.functions.probe, job)
            tasks.append(replace(task, job={"path": str(Path(job.root, path))}))
        poison: dict[str, list[Failure]] = {}
        for reply in pool.run(tasks):
            if reply.death:
                job, path = suspects[reply.task.key]
                failure = Failure(path, "read", reply.death, reply.remedy)
                poison.setdefault(job.result, []).append(failure)
        for job in killed:
            yield replace(job, excluded=tuple(sorted(poison.get(job.result, ()))))

    def _task(self, key: int, function: str, job: Job) -> Task:
        size = _size(job)
        return Task(
            key,
            function,
            as_json(job),
            self.limits.seconds + size / _BYTES_PER_SECOND,
            max(self.limits.memory_bytes, _GROWTH * size),
        )

    def _give_up(self, job: Job, failure: Failure) -> None:
        limits = [self.limits.seconds, self.limits.memory_bytes]
        meta = {**meta_of_failures(job, [failure]), "limits": limits}
        write_result(Path(job.result), meta, None)

    def may_now(self, result: Path) -> bool:
        """Return whether a cell that was given up gets more time or memory now."""
        told = read_meta(result).get("limits")
        return told is not None and (
            self.limits.seconds > told[0] or self.limits.memory_bytes > told[1]
        )


def mark_of(job: Job) -> Path:
    """Return the path of the mark that lies beside a result while a process works on it."""
    return Path(job.result).with_suffix(".running")


def _paths(job: Job) -> list[str]:
    twins = [twin for twins in job.basis["spares"].values() for twin in twins]
    return [*job.basis["files"], *twins]


def _size(job: Job) -> int:
    sizes = []
    for path in _paths(job):
        full = Path(job.root, path)
        sizes.append(full.stat().st_size if full.is_file() else 0)
    return sum(sizes)
