"""Worker processes that may die: a crash, a hang or a memory hog costs its own job only.

Each worker has a pipe of its own, so it is always known which job a dead one was at. A watchdog
kills what exceeds its time, or grows by more than its allowance of memory: the operating system's
own limits count reserved addresses, of which threads and allocators reserve plenty, so the
resident memory is watched instead.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Final

from softbreak.archive.process import Reply, Task, Worker
from softbreak.errors import SoftbreakError

_TICK_SECOND: Final = 0.05


class Pool:
    """A handful of workers.

    Parameters
    ----------
    workers : int
    warm_up : str
        "module:function" that imports what jobs need, called once in every worker.
    """

    def __init__(self, workers: int, warm_up: str) -> None:
        self._workers = [Worker(warm_up, max(1, cores() // workers)) for _ in range(workers)]
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[Reply | SoftbreakError] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._watch, daemon=True)]
        self._threads += [
            threading.Thread(target=self._serve, args=(worker,), daemon=True)
            for worker in self._workers
        ]

    def __enter__(self) -> Pool:
        """Start the workers."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers at once, whatever they do."""
        self._closing.set()
        for worker in self._workers:
            self._tasks.put(None)
            worker.stop()
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            worker.stop()

    def run(self, tasks: Iterable[Task]) -> Iterator[Reply]:
        """Run tasks, in this order as workers are free; yield replies as they come.

        Parameters
        ----------
        tasks : iterable of Task
            Only as many as there are workers, and a few more, are asked for ahead.

        Raises
        ------
        SoftbreakError
            If no worker can be started.
        """
        waiting = iter(tasks)
        ahead = list(islice(waiting, 2 * len(self._workers)))
        for task in ahead:
            self._tasks.put(task)
        begun = len(ahead)
        while begun:
            reply = self._next()
            if isinstance(reply, SoftbreakError):
                raise reply
            begun -= 1
            for task in islice(waiting, 1):
                self._tasks.put(task)
                begun += 1
            yield reply

    def _next(self) -> Reply | SoftbreakError:
        while True:  # in short waits, so that Ctrl-C is heard on every platform
            try:
                return self._replies.get(timeout=0.5)
            except queue.Empty:
                continue

    def _serve(self, worker: Worker) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._replies.put(worker.ask(task))
            except SoftbreakError as error:
                if not self._closing.is_set():
                    self._replies.put(error)

    def _watch(self) -> None:
        while not self._closing.wait(_TICK_SECOND):
            for worker in self._workers:
                worker.check()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
