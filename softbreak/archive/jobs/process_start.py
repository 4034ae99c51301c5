"""How a worker's process begins: forked from one that has loaded everything, or as a new Python.

A new Python takes more than a second of a core to import what a job needs, and so does every one
of them. On Linux one process does it, has no thread, and forks whenever a worker is wanted: some
ten milliseconds. It is a process of ours, so the caller's threads do not matter; where it ends up
with a thread of its own (a fork would lose that), and on other systems, each worker is a new
Python.

It stays for the next pool, and leaves when nobody has wanted a worker for a while. Who knows that
there will be work calls :func:`prepare`: it then loads while the caller does.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, Protocol

from softbreak.archive.jobs.process_main import THREAD_VARIABLES, loaded, serve

_ALLOCATION: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_TOP_PAD_": str(64 << 20),
}
"""File after file needs arrays of the same size. Left to itself the C library hands each of them
back, and the system zeroes its pages again: a tenth of all time."""
WARM_UP: Final = "softbreak.archive.jobs.cell_job:warm_up"
"""Loads what judging a cell needs."""
_START_SECOND: Final = 180.0
_IDLE_SECOND: Final = 60.0
_NUMBER: Final = struct.Struct("i")
_CAN_FORK: Final = sys.platform == "linux"


class Process(Protocol):
    """What a pool has to know of a worker's process; :class:`subprocess.Popen` does."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""

    def wait(self) -> int:
        """Wait for its end, return the exit code: that of a signal is negative."""

    def kill(self) -> None:
        """End it."""


def begin(warm_up: str, threads: int, errors: IO[bytes]) -> Process:
    """Begin a worker's process; it says when it is ready.

    Parameters
    ----------
    warm_up : str
        "module:function" that loads what jobs need.
    threads : int
        How many threads its libraries may start.
    errors : file
        Gets what it writes to stderr.
    """
    forked = _forked(warm_up, threads, errors) if _CAN_FORK else None
    if forked is not None:
        return forked
    return subprocess.Popen(
        [sys.executable, "-m", "softbreak.archive.jobs.process_main", warm_up],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=_environment() | _share(threads),
    )


def prepare(warm_up: str = WARM_UP) -> None:
    """Load what workers need, beside this process, so that the first is there sooner.

    Parameters
    ----------
    warm_up : str
        "module:function".
    """
    if _CAN_FORK:
        with _warm_lock:
            _warm_one(warm_up)


def _environment() -> dict[str, str]:
    """Let a worker find the same modules."""
    paths = [path or str(Path.cwd()) for path in sys.path]
    return {**_ALLOCATION, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _share(threads: int) -> dict[str, str]:
    """Keep a worker's libraries to its share of the cores."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


class _Forked:
    """A worker's process whose parent is the warm one, which tells its exit code."""

    def __init__(self, pid: int, stdin: int, stdout: int, status: int) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = os.fdopen(stdin, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(stdout, "rb")
        self._status, self._lock = os.fdopen(status, "rb"), threading.Lock()
        self._code: int | None = None

    def poll(self) -> int | None:
        with self._lock:
            return self._told() if self._has_ended() else None

    def wait(self) -> int:
        with self._lock:
            return self._told()

    def kill(self) -> None:
        if self._lock.acquire(blocking=False):  # else somebody waits: it has not ended yet
            try:
                if self._has_ended():
                    return  # another process may have its number by now
            finally:
                self._lock.release()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _has_ended(self) -> bool:
        return self._code is not None or bool(select.select([self._status], [], [], 0)[0])

    def _told(self) -> int:
        if self._code is None:
            told = self._status.read(_NUMBER.size)
            # told nothing: the warm process was ended by others, perhaps with this one
            self._code = _NUMBER.unpack(told)[0] if told else -int(signal.SIGKILL)
            self._status.close()
        return self._code


class _Warm:
    """A process that has loaded everything, and forks."""

    def __init__(self, warm_up: str, environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, warm_up, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what is wrong, a new Python will say
                env=environment | _share(1),
                pass_fds=[theirs.fileno()],
            )
        self._control = ours
        ours.settimeout(_START_SECOND)
        self._alone: bool | None = None

    def alone(self) -> bool:
        """Wait until it has loaded everything; whether it has no thread, and so can fork."""
        if self._alone is None:
            self._alone = False
            with suppress(OSError):
                self._alone = self._control.recv(1) == b"1"
        return self._alone

    def fork(self, threads: int, errors: IO[bytes]) -> _Forked | None:
        """Begin a worker; None where this process has gone."""
        pipes = [os.pipe() for _ in range(3)]
        (jobs, stdin), (stdout, replies), (status, ended) = pipes
        theirs = (jobs, replies, errors.fileno(), ended)
        try:
            socket.send_fds(self._control, [_NUMBER.pack(threads)], theirs)
            told = self._control.recv(_NUMBER.size)
        except OSError:
            told = b""
        finally:
            for descriptor in (jobs, replies, ended):
                os.close(descriptor)
        if not told:
            for descriptor in (stdin, stdout, status):
                os.close(descriptor)
            return None
        return _Forked(_NUMBER.unpack(told)[0], stdin, stdout, status)

    def end(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


_warm: dict[Any, _Warm] = {}
_warm_lock: Final = threading.Lock()


def _forked(warm_up: str, threads: int, errors: IO[bytes]) -> _Forked | None:
    with _warm_lock:
        for _ in range(2):
            key = _warm_one(warm_up)
            if not _warm[key].alone():
                return None
            if (forked := _warm[key].fork(threads, errors)) is not None:
                return forked
            _warm.pop(key).end()  # it had left, or was ended
    return None


def _warm_one(warm_up: str) -> tuple[Any, ...]:
    """Return the key of the warm process for this process as it is now; begin it if need be."""
    environment = _environment()
    # of another process, folder or environment it would be another program's
    key = (os.getpid(), warm_up, str(Path.cwd()), tuple(sorted(environment.items())))
    if key not in _warm:
        _end_others(key)
        _warm[key] = _Warm(warm_up, environment)
    return key


def _end_others(key: tuple[Any, ...]) -> None:
    """Let go of those that belong to another environment of this process."""
    for other in [other for other in _warm if other[:2] == key[:2]]:
        _warm.pop(other).end()


@atexit.register
def _end_all() -> None:
    for key in [key for key in _warm if key[0] == os.getpid()]:
        _warm.pop(key).end()


def main() -> None:
    """Load everything; then fork whenever the socket says so, until nobody is at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    control = socket.socket(fileno=int(sys.argv[2]))
    loaded(sys.argv[1])
    alone = len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are all it takes
    control.sendall(b"1" if alone else b"0")
    if alone:
        _fork_when_told(control)


def _fork_when_told(control: socket.socket) -> None:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    while True:
        watched: list[Any] = [control, woken]
        ready = select.select(watched, [], [], None if children else _IDLE_SECOND)[0]
        if woken in ready:
            os.read(woken, 4096)
            _tell_of_ended(children)
        if control in ready:
            told, descriptors, *_ = socket.recv_fds(control, _NUMBER.size, 4)
            if not told:
                return
            pid = os.fork()
            if not pid:
                os.environ.update(_share(*_NUMBER.unpack(told)))  # of libraries still to be loaded
                _become_worker(descriptors, [control.fileno(), woken, wake, *children.values()])
            *theirs, children[pid] = descriptors
            for descriptor in theirs:
                os.close(descriptor)
            control.sendall(_NUMBER.pack(pid))
        if not ready:
            return


def _tell_of_ended(children: dict[int, int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with suppress(OSError), os.fdopen(children.pop(pid), "wb") as ended:
            ended.write(_NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _become_worker(descriptors: list[int], foreign: list[int]) -> None:
    """Never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        *theirs, ended = descriptors
        for descriptor in (ended, *foreign):
            os.close(descriptor)
        for number, descriptor in enumerate(theirs):
            os.dup2(descriptor, number)
            os.close(descriptor)
        serve()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
