"""Who does what and when: the largest first, in this process, in a pool, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from softbreak.archive.inputs.grouping import Group, parts_of
from softbreak.archive.jobs.batches import Plan, Todo, batches, planned, todo_of
from softbreak.archive.jobs.cell_job import Job, Outcome
from softbreak.archive.jobs.dask_executor import Cluster
from softbreak.archive.jobs.executor import Batch, Crew, mark_of
from softbreak.archive.jobs.process_pool import Pool, cores
from softbreak.archive.jobs.progress import Meter, Progress
from softbreak.archive.results.packs import Shelf


@dataclass(frozen=True, slots=True)
class Schedule:
    """Gets the cells of an archive done.

    Attributes
    ----------
    root : str
        The archive.
    basis : callable
        Says of a group what its result rests on.
    shelf : Shelf
        Where results lie.
    crew : Crew
    workers : int, str, Pool, distributed.Client or None
        See :func:`softbreak.archive.triage.triage`.
    """

    root: str
    basis: Callable[[Group], dict[str, Any]]
    shelf: Shelf
    crew: Crew
    workers: Any

    def planned(self, groups: Sequence[Group]) -> Plan:
        """Say what has to be done."""
        return planned(groups, root=self.root, shelf=self.shelf, basis=self.basis, crew=self.crew)

    def todo(self, group: Group) -> Todo:
        """Return a cell with what it costs."""
        return todo_of(group, self.root)

    def do(self, plan: Plan, tell: Callable[[Progress], None] | None) -> None:
        """Do what waits; the plan says at any time what stands.

        Parameters
        ----------
        plan : Plan
        tell : callable or None
            Called with :class:`Progress` after every cell.
        """
        meter = Meter(
            tell,
            len(plan.standing),
            len(plan.standing) + len(plan.waiting),
            sum(todo.cost for todo in plan.waiting),
        )
        meter.start()
        while plan.waiting:
            todos = {todo.key: todo for todo in plan.waiting}
            plan.waiting = []
            # Closing ends the workers at once, also on the way out of an interrupt.
            with closing(self._outcomes(list(todos.values()))) as outcomes:
                for outcome in outcomes:
                    todo = todos.pop(outcome.key)
                    if outcome.split:
                        apart = parts_of(todo.group, outcome.split)
                        parts = [todo_of(part, self.root) for part in apart]
                        plan.waiting += parts
                        meter.more(parts)
                    else:
                        plan.standing[todo.key] = todo.group
                    meter.count(todo, outcome.cycles, split=bool(outcome.split))

    def _outcomes(self, todos: list[Todo]) -> Generator[Outcome, None, None]:
        workers = self.workers
        if isinstance(workers, Pool):
            return self.crew.on(workers, self._batches(todos, 1), self.shelf.new_pack)
        if workers is not None and not isinstance(workers, int):
            return self._on(Cluster(workers, self.crew.functions.warm_up), todos)
        if workers is None:
            # One cell alone is worth no process, unless it has killed one before.
            died = any(mark_of(self.shelf.folder, todo.key).exists() for todo in todos)
            workers = 0 if len(todos) == 1 and not died else cores()
        if workers == 0:
            return self.crew.here(self._batches(todos, 0))
        return self._in_pool(todos, min(workers, len(todos)))

    def _in_pool(self, todos: list[Todo], workers: int) -> Generator[Outcome, None, None]:
        with Pool(workers, self.crew.functions.warm_up) as pool:
            yield from self.crew.on(pool, self._batches(todos, workers), self.shelf.new_pack)

    def _on(self, cluster: Any, todos: list[Todo]) -> Generator[Outcome, None, None]:
        with cluster:
            batches = self._batches(todos, cluster.workers())
            yield from self.crew.on(cluster, batches, self.shelf.new_pack)

    def _batches(self, todos: list[Todo], workers: int) -> Iterator[Batch]:
        for batch in batches(todos, workers):
            jobs = tuple(Job(self.root, todo.key, self.basis(todo.group)) for todo in batch)
            yield Batch(self.shelf.new_pack(), jobs, tuple(todo.size for todo in batch))
