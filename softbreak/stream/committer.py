"""Storing, again and again while the store is busy: the source waits meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from threading import Event
from typing import Final, Protocol

from softbreak.stream.counters import Metrics
from softbreak.stream.problems import Problems
from softbreak.stream.sources.chunk import Problem, Source
from softbreak.stream.store.engine import Fenced, StoreError, StoreRefused
from softbreak.stream.store.store import Store, StoreBusy
from softbreak.stream.store.transaction import CellWrite

_FIRST_PAUSE_SECOND: Final = 0.05
_LONGEST_PAUSE_SECOND: Final = 10.0

logger = logging.getLogger(__name__)


class Storing(Protocol):
    """What stores, and where."""

    source: Source
    store: Store
    channels: tuple[str, ...]
    stop: Event


class Committer:
    """Commits for a watch.

    Parameters
    ----------
    watch : Storing
    problems : Problems
    metrics : Metrics
    """

    def __init__(self, watch: Storing, problems: Problems, metrics: Metrics) -> None:
        self._watch, self._problems, self._metrics = watch, problems, metrics

    def commit(self, writes: Sequence[CellWrite], *, patient: bool) -> bool:
        """Store in one transaction; return False if the watch was ended before it could be.

        Parameters
        ----------
        writes : sequence of CellWrite
        patient : bool
            Also wait for a store that takes nothing at all: somebody may mend it.

        Raises
        ------
        Fenced
            If another worker has written to one of the cells.
        StoreRefused
            If something in it can never be stored.
        StoreError
            If the store takes nothing at all, and nobody is patient.
        """
        began, pause = time.perf_counter(), _FIRST_PAUSE_SECOND
        watch = self._watch
        while True:
            try:
                watch.store.commit(writes, watch.source.name, watch.channels)
            except (StoreRefused, Fenced):
                raise
            except StoreError as error:
                if not isinstance(error, StoreBusy) and not patient:
                    raise
                self._problems.tell("store", Problem("store", f"{error}; trying again"))
                self._metrics.store_fault = str(error)
            else:
                self._problems.pop("store", None)
                self._metrics.store_fault = ""
                self._metrics.commit_second = time.perf_counter() - began
                self._metrics.commits += 1
                return True
            pause = min(2.0 * pause, _LONGEST_PAUSE_SECOND)
            if watch.stop.wait(pause):
                logger.warning("stopped before the store could be written; nothing is lost")
                return False
