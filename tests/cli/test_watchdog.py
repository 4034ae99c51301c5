"""systemd hears of a watch that polls, and nothing of one that hangs."""

import socket
import threading
import time

import pytest

from softbreak.cli.watch import tell_systemd
from softbreak.stream.counters import Metrics

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="systemd is Linux'")


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        yield listener


def heard(listener, count):
    return [listener.recv(100).decode() for _ in range(count)]


def test_a_watch_that_polls_is_spoken_for_until_it_ends(systemd):
    stop = threading.Event()
    assert tell_systemd(Metrics(), stop)
    assert heard(systemd, 3) == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    stop.set()
    while heard(systemd, 1) != ["STOPPING=1"]:
        pass


@pytest.mark.parametrize("step", [0.0, -1e7, 1e7])
def test_a_watch_that_hangs_is_not_spoken_for(systemd, monkeypatch, step):
    stop = threading.Event()
    metrics, clock = Metrics(), time.time
    monkeypatch.setattr(time, "time", lambda: clock() + step)
    metrics.polled_second -= 1e6
    tell_systemd(metrics, stop)
    assert heard(systemd, 1) == ["READY=1"]
    threading.Event().wait(0.1)
    stop.set()
    assert heard(systemd, 1) == ["STOPPING=1"]


def test_without_systemd_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not tell_systemd(Metrics(), threading.Event())
