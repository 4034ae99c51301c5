"""``softbreak watch``: follow live cells."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from softbreak.cli.addresses import revealed, revealed_one
from softbreak.cli.console import (
    FailOn,
    Json,
    Quiet,
    Verbose,
    exit_code,
    print_json,
    say,
    speak,
    stdout,
)
from softbreak.cli.page_links import Page, link_of
from softbreak.errors import SoftbreakError

if TYPE_CHECKING:
    from softbreak.stream.alarm import Alarm
    from softbreak.stream.counters import Metrics
    from softbreak.stream.notify import Postman
    from softbreak.stream.sources.chunk import Source
    from softbreak.stream.store.store import Store
    from softbreak.stream.watch import Watch

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


DEFAULT_STORE = "softbreak-watch.db"
_SENDERS_WAIT_SECOND = 1.0
"""Who POSTs waits for the answer until a cell's state is stored."""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak watch cycler_share/ --notify @/etc/softbreak/notify    "
    "Acknowledge: softbreak watch cycler_share/ --ack cell7"
)
def watch(
    source: Annotated[
        str,
        typer.Argument(help="A folder, - (JSON lines), redis://HOST:PORT, http://HOST:PORT."),
    ],
    store: Annotated[
        str | None,
        typer.Option(
            envvar="SOFTBREAK_STORE",
            show_envvar=False,
            help="SQLite file or postgresql://USER@HOST/NAME. [softbreak-watch.db]",
        ),
    ] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(
            help="Where alarms go: any apprise URL, or post+https://…; repeatable. "
            "With a password: env:NAME or @FILE."
        ),
    ] = None,
    detector: Annotated[
        str, typer.Option(help="Who judges: a name, a model's folder, or models:/NAME@ALIAS.")
    ] = "hybrid",
    once: Annotated[bool, typer.Option(help="Take what there is, and end (for cron).")] = False,
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 5.0,
    settle: Annotated[
        float, typer.Option(min=0.0, help="Seconds after which a quiet file is finished.")
    ] = 60.0,
    ack: Annotated[
        list[str] | None, typer.Option(help="Mark a cell's alarm as seen, and end; repeatable.")
    ] = None,
    silence: Annotated[
        list[str] | None,
        typer.Option(help="CELL=HOURS: send nothing about it for so long, and end; * is all."),
    ] = None,
    page: Page = None,
    http: Annotated[
        str | None, typer.Option(help="HOST:PORT for /health and /metrics (Prometheus).")
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="End with exit code 1 if a cell is so, or worse.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Follow cells while they run; say within seconds that one has shorted.

    Offsets, live state, verdicts, alarms and notifications are kept in the store: a watch that is
    ended in whatever way takes up where it was. Exit code: 0 done; 1 --fail-on found something; 2
    could not run.
    """
    from softbreak.cli.far_reading import reading_in_lanes
    from softbreak.cli.watch import end_on_signal, tell_systemd
    from softbreak.stream.store.store import Store

    speak(quiet, verbose)
    source = revealed_one(source, "SOURCE")
    place = revealed_one(store or DEFAULT_STORE, "--store")
    notify = [url for told in notify or () for url in revealed(told, "--notify")]
    with ExitStack() as stack:
        opened = Store(place)
        stack.callback(opened.close)
        if ack or silence:
            _attend(opened, ack or [], silence or [])
            raise typer.Exit(0)
        running, postman = _composed(
            stack, opened, source, place, (notify, detector, settle, http, page)
        )
        stack.enter_context(reading_in_lanes())
        end_on_signal(running.stop)
        tell_systemd(running.metrics, running.stop)
        if once:
            running.run_once()
            if not running.metrics.chunks and (away := running.problems.get("redis")):
                raise SoftbreakError(f"Redis {away.removesuffix('; trying again')}")
            while postman.deliver():
                pass
        else:
            _follow(running, postman, interval, quiet=quiet or as_json)
        _tell(opened, as_json=as_json, quiet=quiet)
        states = [row["state"] for row in _rows(opened) if row["state"]]
    raise typer.Exit(exit_code(states, 0, fail_on))


def _attend(store: Store, ack: list[str], silence: list[str]) -> None:
    """Acknowledge and silence."""
    known = store.models()
    for cell in (*ack, *(told.rpartition("=")[0] for told in silence if "=" in told)):
        if cell not in known and cell != "*":
            names = ", ".join(sorted(known)[:8]) or "none"
            raise SoftbreakError(f"the store knows no cell {cell!r}; its cells are: {names}")
    for cell in ack:
        count = store.acknowledge(cell, _user())
        say(f"{cell}: {count or 'no'} alarm{'s' * (count != 1)} marked as seen")
    for told in silence:
        cell, _, hours = told.rpartition("=")
        try:
            second = 3600.0 * float(hours)
        except ValueError:
            raise typer.BadParameter(
                f"{told!r}; expected CELL=HOURS", param_hint="--silence"
            ) from None
        store.silence(cell, time.time() + second)
        say(f"{cell}: nothing is sent for {float(hours):g} h")


def _user() -> str:
    """Name of the person; a container may know none."""
    from getpass import getuser

    try:
        return getuser()
    except (ImportError, KeyError, OSError):
        return "unknown"


def _refuse_other_source(store: Store, source: Source, place: str) -> None:
    """Cells are known by their names: two archives in one store would become one.

    A store that was named on purpose may serve several sources.

    Raises
    ------
    SoftbreakError
        If another source has filled the store that stands there by default.
    """
    others = store.sources() - {source.name}
    if place == DEFAULT_STORE and others:
        raise SoftbreakError(
            f"{place} in this folder was filled from {sorted(others)[0]}: cells of the same name "
            f"would be mixed with those of {source.name}. Give this one a store of its own: "
            "--store FILE"
        )


def _composed(
    stack: ExitStack,
    store: Store,
    address: str,
    place: str,
    options: tuple[list[str] | None, str, float, str | None, str | None],
) -> tuple[Watch, Postman]:
    from softbreak.cli.detectors import local_detector
    from softbreak.cli.watching import picture_of, served, source_of
    from softbreak.models.registry import live_detector_of
    from softbreak.stream.notify import Postman, channel_of
    from softbreak.stream.pace import Pace
    from softbreak.stream.watch import Watch
    from softbreak.stream.watched_cell import DetectorEngine

    notify, detector, settle, http, page = options
    link = link_of(page)
    detector = local_detector(detector)
    live_detector_of(detector)  # a misspelt name is said before anything is opened
    channels = [channel_of(url) for url in notify or ()]
    source, listen = source_of(address, settle, place)
    stack.callback(source.close)
    _refuse_other_source(store, source, place)
    shown = []
    for serve in dict.fromkeys(filter(None, (listen, http))):
        server, exposed = served(serve, source, os.environ.get("SOFTBREAK_TOKEN", ""))
        stack.callback(server.close)
        shown.append(exposed)
    pace = Pace(checkpoint_second=_SENDERS_WAIT_SECOND) if listen else Pace()
    names = [c.name for c in channels]
    running = Watch(source, store, DetectorEngine(detector), names, pace=pace)
    postman = Postman(store, channels, picture_of(store), link=link)
    for exposed in shown:
        exposed.watch, exposed.postman = running, postman
    return running, postman


def _follow(watch: Watch, postman: Postman, interval: float, *, quiet: bool) -> None:
    """Run until told to stop, with a live table on a terminal, else a line an alarm."""
    from rich.live import Live

    from softbreak.cli.board import board_table
    from softbreak.stream.cell_board import board

    console = stdout()
    sender = threading.Thread(target=postman.run, args=(watch.stop,), daemon=True)
    sender.start()

    def table() -> Any:
        rows, most = board(watch.store, watch), max(console.height - 4, 5)
        return board_table(rows, watch.metrics, width=console.width, most=most)

    try:
        if console.is_terminal and not quiet:
            with Live(get_renderable=table, console=console, refresh_per_second=1, screen=True):
                watch.run(interval)
        else:
            watch.heard = None if quiet else _line
            watch.run(interval)
    finally:
        watch.stop.set()
        sender.join(2.0)  # a notification that is under way is sent again by the next watch


def _line(cell_id: str, alarm: Alarm) -> None:
    if alarm.end == "escalated":
        return  # the louder alarm has a line of its own
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    said = f"{alarm.level} raised: {alarm.sentence}"
    if alarm.end:
        said = f"{alarm.level} of {alarm.time_second / 3600.0:.4g} h {alarm.end}"
    say(f"{moment} {cell_id}: {said}")
    sys.stdout.flush()


def _rows(store: Store) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from softbreak.stream.cell_board import board

    return [asdict(row) for row in board(store)]


def _tell(store: Store, *, as_json: bool, quiet: bool) -> None:
    from softbreak.cli.board import board_table
    from softbreak.stream.cell_board import board

    if as_json:
        print_json({"cells": _rows(store)})
    elif not quiet:
        console = stdout()
        console.print(board_table(board(store), width=console.width, most=10_000))
