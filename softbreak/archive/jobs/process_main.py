"""A worker process: takes jobs as lines of JSON, one at a time, until its parent is gone.

Run as ``python -m softbreak.archive.jobs.process_main``, or forked, see
:mod:`softbreak.archive.jobs.process_start`. It shares nothing with its parent but two
pipes, so whatever a file does to it (crash, hang, fill the memory) costs that file only; and it
imports no ``__main__``, so a user's script needs no guard.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

THREAD_VARIABLES = (
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "ARROW_DEFAULT_THREADS",
)


def resolve(name: str) -> Callable[..., Any]:
    """Return the function that ``module:function`` names."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def main() -> None:
    """Load what jobs need, then serve the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    loaded(sys.argv[1])
    serve()


def loaded(warm_up: str) -> None:
    """Load what jobs need.

    Parameters
    ----------
    warm_up : str
        "module:function".
    """
    gc.disable()  # what is being loaded is no garbage
    resolve(warm_up)({})
    gc.enable()
    gc.freeze()  # what is loaded stays: collections need not look through it, again and again


def serve() -> None:
    """Say that this process is ready; then take jobs, one at a time."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may come between the replies
    jobs: queue.Queue[bytes] = queue.Queue()
    # A stream of its own: the interpreter waits at its end for the lock of sys.stdin.
    lines = os.fdopen(os.dup(0), "rb")
    threading.Thread(target=_listen, args=(lines, jobs), daemon=True).start()
    _reply(replies, {"ready": True})
    while True:
        told = json.loads(jobs.get())
        _reply(replies, resolve(told["function"])(told["job"]))


def _listen(lines: IO[bytes], jobs: queue.Queue[bytes]) -> None:
    """Pass jobs on; leave at once when the parent is gone, whatever the job does."""
    for line in lines:
        jobs.put(line)
    os._exit(0)


def _reply(replies: IO[bytes], answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer).encode() + b"\n")
    replies.flush()


if __name__ == "__main__":
    main()
