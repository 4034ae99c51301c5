"""Dask's door: the same tasks as in the pool, handed to the workers of a cluster.

A Dask worker does not read files itself. It keeps a process of ours, as the pool does, so that a
file that crashes, hangs or fills the memory costs itself only, and the cluster never notices.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from types import TracebackType
from typing import Any, Final

from softbreak.archive.jobs.process_pool import Reply, Task, Worker
from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module
from softbreak.version import __version__

logger = logging.getLogger(__name__)

PATIENCE_SECOND: Final = 600.0
"""So long a scheduler may be away before the run gives up; what is done is kept."""
CONNECT_SECOND: Final = 30.0
_TICK_SECOND: Final = 0.02
_AHEAD: Final = 3
_FEWEST: Final = 4


class Cluster:
    """Runs tasks on a Dask cluster.

    Parameters
    ----------
    client : distributed.Client or str
        Or the address of a scheduler.
    warm_up : str
        "module:function" that imports what tasks need, called once in every worker's process.
    patience : float
        Seconds.

    Raises
    ------
    SoftbreakError
        If Dask is not installed, or there is no scheduler at the address.
    """

    def __init__(self, client: Any, warm_up: str, patience: float = PATIENCE_SECOND) -> None:
        self._warm_up = warm_up
        self._patience = patience
        self._own = isinstance(client, str)
        if self._own:
            self._address, self._security = client, None
            self._client = self._connected(CONNECT_SECOND)
        else:
            self._address, self._security = client.scheduler.address, client.security
            self._client = client

    def __enter__(self) -> Cluster:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the cluster."""
        if self._own:
            self._client.close(timeout=5)

    def workers(self) -> int:
        """Return how many tasks the cluster does at once, as far as it is known by now."""
        return max(sum(self._client.nthreads().values()), _FEWEST)

    def run(self, tasks: Iterable[Task]) -> Iterator[Reply]:
        """Run tasks; yield replies as they come.

        A task of which the cluster lost track, because its scheduler was restarted, is handed in
        again: a result that is written twice is written to the same place.

        Raises
        ------
        SoftbreakError
            If the cluster cannot do the work, or its scheduler stays away.
        """
        waiting = iter(tasks)
        begun: dict[Any, Task] = {}
        try:
            while True:
                more = islice(waiting, max(_AHEAD * self.workers() - len(begun), 0))
                begun.update((self._submitted(task), task) for task in more)
                if not begun:
                    return
                done = [future for future in begun if future.status != "pending"]
                if not done:
                    time.sleep(_TICK_SECOND)
                lost = [future for future in done if future.status in ("cancelled", "lost")]
                if lost or self._client.status not in ("running", "connecting"):
                    begun = self._begun_again(begun)
                    continue
                for future in done:
                    reply = _reply(begun[future], future)
                    if reply is None:  # lost since it was looked at: the next turn sees it
                        break
                    del begun[future]
                    yield reply
                    future.release()
        finally:
            for future in begun:
                with suppress(OSError, RuntimeError):
                    future.cancel()

    def _submitted(self, task: Task) -> Any:
        told = {"version": __version__, "warm_up": self._warm_up, "task": asdict(task)}
        # JSON escapes names of no valid encoding, which Dask's own messages cannot carry.
        return self._client.submit(do_task, json.dumps(told), pure=False)

    def _begun_again(self, begun: dict[Any, Task]) -> dict[Any, Task]:
        logger.warning("the connection to the Dask scheduler was lost; trying again")
        with suppress(OSError, RuntimeError, TimeoutError):
            self._client.close(timeout=5)
        self._client, self._own = self._connected(self._patience), True
        return {self._submitted(task): task for task in begun.values()}

    def _connected(self, patience: float) -> Any:
        try:
            from distributed import Client
        except ImportError as error:
            raise SoftbreakError(missing_module(error, "work on a Dask cluster")) from error
        until = time.monotonic() + patience
        while True:
            try:
                return Client(
                    self._address, security=self._security, timeout=5, set_as_default=False
                )
            except ValueError as error:  # trying again would not mend an address
                raise SoftbreakError(
                    f"--dask: {self._address!r} is no address of a Dask scheduler ({error}); "
                    "expected one such as tcp://host:8786"
                ) from error
            except (OSError, TimeoutError) as error:
                if time.monotonic() > until:
                    raise SoftbreakError(
                        f"there is no Dask scheduler at {self._address} ({error}); what was done "
                        "before is kept, and the same command goes on from there"
                    ) from error
                time.sleep(1.0)


def _reply(task: Task, future: Any) -> Reply | None:
    """Return what became of a task; None where the cluster has just lost it."""
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        error = future.exception()
        told = json.loads(future.result()) if error is None else {}
    except FutureCancelledError:
        return None
    if error is None:
        return Reply(task, told["death"], told["remedy"], told["from_outside"], told["answer"])
    if isinstance(error, FutureCancelledError):
        return None
    if isinstance(error, KilledWorker):
        return Reply(
            task,
            "the cluster's workers died at it, one after the other",
            "See the workers' logs. Perhaps they have less memory than the file needs.",
        )
    raise SoftbreakError(f"a Dask worker could not do its work: {error}") from error


class _Hands:
    """The processes of one Dask worker; as many as it has threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Worker] = []
        self._idle: dict[str, queue.SimpleQueue[Worker]] = {}

    def ask(self, warm_up: str, task: Task) -> Reply:
        with self._lock:
            idle = self._idle.setdefault(warm_up, queue.SimpleQueue())
        try:
            worker = idle.get_nowait()
        except queue.Empty:
            worker = self._another(warm_up)
        try:
            return worker.ask(task)
        finally:
            idle.put(worker)

    def _another(self, warm_up: str) -> Worker:
        worker = Worker(warm_up, 1)
        with self._lock:
            self._all.append(worker)
            if len(self._all) == 1:
                threading.Thread(target=self._watch, daemon=True).start()
        return worker

    def _watch(self) -> None:
        while True:
            time.sleep(0.1)
            with self._lock:
                workers = list(self._all)
            for worker in workers:
                worker.check()


_HANDS: Final = _Hands()


def do_task(text: str) -> str:
    """Do a task on a Dask worker, in a process of ours; the entry point there.

    Parameters
    ----------
    text : str
        JSON.

    Returns
    -------
    str
        JSON of the reply.

    Raises
    ------
    SoftbreakError
        If the worker's softbreak is of another version than the client's.
    """
    told = json.loads(text)
    if told["version"] != __version__:
        raise SoftbreakError(
            f"softbreak {__version__} is installed there, {told['version']} here; "
            "install the same version on all machines of the cluster"
        )
    reply = _HANDS.ask(told["warm_up"], Task(**told["task"]))
    return json.dumps(
        {
            "death": reply.death,
            "remedy": reply.remedy,
            "from_outside": reply.from_outside,
            "answer": reply.answer,
        }
    )
