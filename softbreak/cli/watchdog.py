"""systemd is told that the watch has begun, and again and again that it still asks its source."""

from __future__ import annotations

import os
import socket
import threading
from threading import Event
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from softbreak.stream.counters import Metrics

HANGS_SECOND: Final = 120.0
"""A watch that has not asked its source for so long is not spoken for."""


def tell_systemd(metrics: Metrics, stop: Event) -> bool:
    """Speak for the watch while it polls, if systemd wants to hear (``Type=notify``).

    Parameters
    ----------
    metrics : Metrics
    stop : threading.Event

    Returns
    -------
    bool
        Whether anybody listens.
    """
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place or not hasattr(socket, "AF_UNIX"):
        return False
    _send(place, "READY=1")
    within = os.environ.get("WATCHDOG_USEC", "")
    if within.isdigit() and int(within):
        pause = int(within) / 1e6 / 3.0
        threading.Thread(target=_speak, args=(place, pause, metrics, stop), daemon=True).start()
    return True


def _speak(place: str, pause_second: float, metrics: Metrics, stop: Event) -> None:
    while not stop.wait(pause_second):
        if metrics.silent_second < HANGS_SECOND:
            _send(place, "WATCHDOG=1")
    _send(place, "STOPPING=1")


def _send(place: str, told: str) -> None:
    address = f"\0{place[1:]}" if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        try:
            speaker.sendto(told.encode(), address)
        except OSError:
            return  # nobody listens any more
