"""Worker processes that may die: a crash, a hang or a memory hog costs its own job only.

Each worker has a pipe of its own, so it is always known which job a dead one was at. A watchdog
kills what exceeds its time, or grows by more than its allowance of memory: the operating system's
own limits count reserved addresses, of which threads and allocators reserve plenty, so the
resident memory is watched instead.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import IO, Any, Final

import psutil

from softbreak.archive.jobs.process_start import Process, begin
from softbreak.errors import SoftbreakError

logger = logging.getLogger(__name__)

LATE: Final = "no result within"
_START_SECOND: Final = 180.0
_STARTS: Final = 12
"""Of which all but the last may be ended by others; a fault of its own ends the matter at once."""
_FROM_OUTSIDE: Final = tuple(
    -int(getattr(signal, name))
    for name in ("SIGKILL", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


@dataclass(frozen=True, slots=True)
class Task:
    """A call in a worker.

    Attributes
    ----------
    key : int
    function : str
        "module:function"; takes and returns plain JSON.
    job : mapping
    seconds : float
        Time allowed.
    memory_bytes : int
        Growth of resident memory allowed.
    """

    key: int
    function: str
    job: Mapping[str, Any]
    seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a task.

    Attributes
    ----------
    task : Task
    death : str
        Why its worker died; empty if it did not.
    remedy : str
    from_outside : bool
        Whether others killed it: a person, or a system that was short of memory.
    answer : mapping
        What the function returned; empty after a death.
    """

    task: Task
    death: str = ""
    remedy: str = ""
    from_outside: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def late(self) -> bool:
        """Whether the worker was ended because its time was over."""
        return self.death.startswith(LATE)


class Worker:
    """One worker process, started when it is needed and again after every death.

    Parameters
    ----------
    warm_up : str
        "module:function".
    threads : int
        How many threads its libraries may start.
    """

    def __init__(self, warm_up: str, threads: int) -> None:
        self._warm_up, self._threads = warm_up, threads
        self._process: Process | None = None
        self._errors: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._task: Task | None = None
        self._deadline = 0.0
        self._resting = 0
        self._killed = ("", "")
        self._stopped = False

    def ask(self, task: Task) -> Reply:
        """Hand a task over and wait for its end, or the worker's."""
        process = self._ready()
        with self._lock:
            self._killed = ("", "")
            self._task, self._deadline = task, time.monotonic() + task.seconds
        line = json.dumps({"function": task.function, "job": task.job}).encode() + b"\n"
        answer = _exchange(process, line)
        with self._lock:
            self._task = None
        if answer:
            if self._grown() > task.memory_bytes // 2:
                self._end()  # allocators keep what they had: begin the next job with a fresh one
            return Reply(task, answer=json.loads(answer))
        code = process.wait()
        death, remedy = self._killed
        last = self._last_words()
        self._end()
        if death:
            return Reply(task, death, remedy)
        return Reply(
            task,
            f"the process that worked on it died ({_cause(code)}){last}",
            "The file is probably damaged: copy or export it again. If it is intact, this is a "
            "fault of softbreak: please report it.",
            from_outside=code in _FROM_OUTSIDE,
        )

    def check(self) -> None:
        """Kill the worker if its task exceeds its time or memory."""
        with self._lock:
            task = self._task
            if task is None or self._process is None:
                return
            if time.monotonic() > self._deadline:
                self._killed = (
                    f"{LATE} {task.seconds:.0f} s",
                    "Raise --timeout if the file is merely large; else copy or export it again.",
                )
            elif (grown := self._grown()) > task.memory_bytes:
                self._killed = (
                    f"{grown / 2**20:,.0f} MiB of memory and growing",
                    "The file is probably damaged. If it is merely large, raise --memory.",
                )
            else:
                return
            self._task = None
            self._process.kill()

    def stop(self) -> None:
        """End the worker for good."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()
        self._close()

    def _ready(self) -> Process:
        with self._lock:
            process = self._process
            if process is not None and process.poll() is None:
                return process
        code = 0
        for _ in range(_STARTS):
            started = self._started()
            told = started.poll()
            if told is None:
                self._resting = _resident(started.pid)
                return started
            code = told
            if code not in _FROM_OUTSIDE:
                break
        raise SoftbreakError(
            f"a worker process could not start ({_cause(code)}){self._last_words()}; "
            "with --workers 0 the work is done without one"
        )

    def _started(self) -> Process:
        """Start a process and wait until it can work; it may be dead."""
        self._close()
        with self._lock:
            if self._stopped:
                raise SoftbreakError("the pool is closed")
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives with the worker
            self._process = process = begin(self._warm_up, self._threads, self._errors)
        timer = threading.Timer(_START_SECOND, process.kill)
        timer.start()
        answer = _exchange(process, b"")
        timer.cancel()
        if not answer:
            process.wait()
        return process

    def _grown(self) -> int:
        return _resident(self._process.pid) - self._resting if self._process else 0

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 4096))
        text = self._errors.read().decode("utf-8", "replace").strip()
        logger.debug("worker said: %s", text)
        return f": {text.splitlines()[-1][:300]}" if text else ""

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._close()

    def _close(self) -> None:
        with self._lock:
            process, self._process = self._process, None
            errors, self._errors = self._errors, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _shut(pipe)
        if errors is not None:
            errors.close()


def _exchange(process: Process, line: bytes) -> bytes:
    """Write a line, read the answer; nothing if the worker is dead."""
    try:
        if line and process.stdin is not None:
            process.stdin.write(line)
            process.stdin.flush()
        return process.stdout.readline() if process.stdout is not None else b""
    except (OSError, ValueError):  # ValueError: closed from the other thread
        return b""


def _shut(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        logger.debug("a dead worker's pipe was broken already")


def _resident(pid: int) -> int:
    """Return a process's own resident memory in bytes; files that it maps do not count."""
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return int(memory.rss - getattr(memory, "shared", 0))


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    known = {int(number): number.name for number in signal.Signals}
    return known.get(-code, f"signal {-code}")


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
                if self._closing.is_set():  # by another thread: nobody replies any more
                    return SoftbreakError("the pool is closed")

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
