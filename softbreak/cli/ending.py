"""Ending when the system says so: in order, and within seconds whatever is under way."""

from __future__ import annotations

import os
import signal
import socket
import threading
from threading import Event
from typing import Final

GRACE_SECOND: Final = 4.0
"""So long a watch has to store what it knows. What it does not store, it is handed again."""


def end_on_signal(stop: Event, grace_second: float = GRACE_SECOND) -> None:
    """Set ``stop`` at SIGTERM or SIGINT, and end the process if it does not end by itself.

    Python's own handlers wait for a library to return from reading a file. The byte that the system
    writes at once wakes a thread of its own, which waits a little, and then ends the process: as
    after a power cut, what was stored is whole, and what was not comes again.

    Parameters
    ----------
    stop : threading.Event
    grace_second : float
    """

    def handler(*_: object) -> None:
        stop.set()

    told, woken = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)

    def wait() -> None:
        while not woken.recv(1):
            pass
        stop.set()
        threading.Event().wait(grace_second)
        _ = told  # kept open as long as the thread
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="softbreak-ending").start()
