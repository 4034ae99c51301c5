"""What has to be done: cells, what they cost, and the batches in which they are handed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from softbreak.archive.inputs.grouping import Group, parts_of
from softbreak.archive.inputs.storage import storage_of
from softbreak.archive.jobs.executor import Crew
from softbreak.archive.results.cache_key import unchanged
from softbreak.archive.results.pack import Stored, key_of
from softbreak.archive.results.packs import Readers, Shelf
from softbreak.errors import ReadError

COSTS: Final = {".parquet": 8.0, ".ndax": 4.0, ".zip": 4.0, ".nda": 1.5, ".mpr": 1.5}
"""What a byte costs, beside a byte of text: the denser a file, the more there is to judge."""
FILE_COST: Final = 400_000.0
BATCH_COST: Final = 60e6
"""Some seconds' work. What is lost when a worker dies is at most that, or one cell."""
MOST_CELLS: Final = 256
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Todo:
    """A cell that is to be done.

    Attributes
    ----------
    group : Group
    key : str
    size : int
        Bytes of its files.
    cost : float
        What it takes, in bytes of text that take as long.
    """

    group: Group
    key: str
    size: int
    cost: float


@dataclass(slots=True)
class Plan:
    """Cells by what has to be done for them.

    Attributes
    ----------
    standing : dict
        Cells whose stored result still stands, by key.
    waiting : list of Todo
    """

    standing: dict[str, Group] = field(default_factory=dict)
    waiting: list[Todo] = field(default_factory=list)


def planned(
    groups: Sequence[Group],
    *,
    root: str,
    shelf: Shelf,
    basis: Callable[[Group], dict[str, Any]],
    crew: Crew,
) -> Plan:
    """Say what of an archive has to be done.

    Parameters
    ----------
    groups : sequence of Group
    root : str
        The archive.
    shelf : Shelf
        Earlier results.
    basis : callable
        Says of a group what its result rests on.
    crew : Crew
        A cell that was given up is done again if it gets more time or memory now.
    """
    plan = Plan()
    storage, stored = storage_of(root), shelf.index()
    # pack by pack, so that each is opened once
    pending = sorted(groups, key=lambda group: stored.get(key_of(group.cell_id), _NOWHERE))
    pending.reverse()
    with Readers() as readers:
        while pending:
            group = pending.pop()
            key = key_of(group.cell_id)
            meta = None
            if key in stored:
                try:
                    meta = readers.meta(stored[key])
                except ReadError:
                    meta = None
            stands = meta is not None and unchanged(storage, meta, basis(group))
            if meta is None or not stands or crew.may_now(meta):
                plan.waiting.append(todo_of(group, root))
            elif meta["split"]:
                pending += parts_of(group, str(meta["split"]))
            else:
                plan.standing[key] = group
    return plan


_NOWHERE: Final = Stored(PurePosixPath(), "")  # type: ignore[arg-type]


def todo_of(group: Group, root: str) -> Todo:
    """Return a cell with what it costs."""
    storage = storage_of(root)
    size, cost = 0, 0.0
    for path in paths_of(group):
        bytes_ = storage.size(path)
        size += bytes_
        cost += FILE_COST + bytes_ * COSTS.get(PurePosixPath(path).suffix.lower(), 1.0)
    return Todo(group, key_of(group.cell_id), size, cost)


def paths_of(group: Group) -> list[str]:
    """Return a cell's files with their spare twins."""
    return [*map(str, group.every)]


def batches(todos: Sequence[Todo], workers: int) -> Iterator[list[Todo]]:
    """Put cells into batches of some seconds, the largest first.

    Small archives are cut so that every worker gets several; what is left at the end is small, so
    that none works long after the others.

    Parameters
    ----------
    todos : sequence of Todo
    workers : int
        0 where there is nobody to share with.
    """
    total = sum(todo.cost for todo in todos)
    most = min(BATCH_COST, total / (workers * _ROUNDS)) if workers else BATCH_COST
    batch: list[Todo] = []
    cost = 0.0
    for todo in sorted(todos, key=lambda todo: (-todo.cost, todo.key)):
        if batch and (cost + todo.cost > most or len(batch) == MOST_CELLS):
            yield batch
            batch, cost = [], 0.0
        batch.append(todo)
        cost += todo.cost
    if batch:
        yield batch
