"""The cells of an archive that people have labelled, read one at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from softbreak.archive.feature_tables import histories_of, scanned
from softbreak.archive.inputs.manifest_columns import manifest_columns
from softbreak.archive.tables import Failure
from softbreak.data.expert_labels import in_life_time
from softbreak.data.history import CellHistory
from softbreak.errors import SoftbreakError

logger = logging.getLogger(__name__)


class Labelled(NamedTuple):
    """A cell, and which others stand on one side of a split with it.

    Attributes
    ----------
    history : CellHistory
    group : str
        The lab's group: cells of one batch, say; else the cell's own name.
    labels : DataFrame
        Of this cell; those with absolute times at their place in its life.
    """

    history: CellHistory
    group: str
    labels: pd.DataFrame


def labelled_cells(
    root: Path,
    labels: pd.DataFrame,
    *,
    group: str = "",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Labelled]:
    """Yield the cells of an archive that have labels.

    Parameters
    ----------
    root : Path
        The archive.
    labels : DataFrame
        See :mod:`softbreak.data.expert_labels`.
    group : str
        Column of the manifest whose values are the lab's groups.
    progress : callable
        Told (cells done, cells in all).

    Raises
    ------
    SoftbreakError
        If no label is of a cell of the archive, or the manifest has no such column.
    """
    wanted = set(labels["cell_id"])
    if not wanted:
        raise SoftbreakError("there are no labels: nobody has judged a cycle yet")
    told = manifest_columns(root) if group else {}
    if group and not any(group in row for row in told.values()):
        known = sorted({name for row in told.values() for name in row}) or ["(no manifest)"]
        raise SoftbreakError(f"no cell has a {group!r} in the manifest; it has {', '.join(known)}")
    found = scanned(root, root / "labels.csv")
    groups = [one for one in found.groups if _holds(one.cell_id, wanted)]
    failures: list[Failure] = []
    seen: set[str] = set()
    for done, one in enumerate(groups, start=1):
        for history in histories_of(found.root, one, {}, failures):
            name = history.cell.cell_id
            if name in wanted:
                seen.add(name)
                mine = in_life_time(labels, name, history.moments())
                yield Labelled(history, told.get(name, {}).get(group, "") or name, mine)
        progress(done, len(groups))
    for failure in failures:
        logger.warning("left out: %s: %s", failure.path, failure.error)
    missing = sorted(wanted - seen)
    if not seen:
        raise SoftbreakError(
            f"none of the {len(wanted)} cells with labels ({missing[0]}, …) is in {root}; labels "
            "name cells as cells.parquet and the pages do"
        )
    if missing:
        logger.warning("%d cells with labels are not there: %s", len(missing), ", ".join(missing))


def _holds(name: str, wanted: set[str]) -> bool:
    """Whether a group is a wanted cell, or may be taken apart into one."""
    return name in wanted or any(one.startswith(name) for one in wanted)
