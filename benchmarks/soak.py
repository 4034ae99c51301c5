"""A month of many channels in simulated time: is anything lost or doubled, does memory stay flat?

Every channel is sampled every half hour, its current turns every five hours, and it sends its
samples through Redis, so many messages a day, to a watch in a process of its own. One message in a
hundred is damaged (in eight ways), one in a thousand is added twice, once a day many cells come at
once that nobody knows, once a week the watch is ended (SIGTERM) and begun anew while messages keep
coming. In the end all that is stored of every channel (verdicts, alarms, status) is compared,
column by column, with what the same messages come to undisturbed, and each damaged message has to
lie among the dead letters. How long a verdict takes is measured from outside: from when the message
that decides it was sent until a reader of the store finds it.

    python -m benchmarks.soak --channels 10000 --days 30 --messages-a-day 24 --minutes 40

Everything is SIMULATED; ``--detector`` takes a detector instead of the small engine of the tests (a
verdict of which counts every row before it). Needs redis-server.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from softbreak.cli.watch import end_on_signal
from softbreak.models.live.changes import Kind
from softbreak.stream.sources.json_lines import LineSource
from softbreak.stream.sources.messages import parse
from softbreak.stream.sources.redis import RedisSource
from softbreak.stream.sources.redis_address import Address, RedisSink, connect
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from softbreak.stream.watched_cell import DetectorEngine
from tests.stream.servers import RedisServer
from tests.stream.steps import StepEngine

SAMPLE_SECOND, HALF_SECOND = 1800.0, 5 * 3600.0
PHASES, BREAKS_DAY = 10, 17.0
SLICE = 250
"""Messages that are sent at a time."""
RESTART_SECOND = 30.0
"""What is sent in so long after a restart began is told apart."""
KEPT = 30_000
"""Entries of a partition that are left once a day."""
NAME = "CELL"
_STORED = {
    "verdicts": "select * from verdicts order by cell_id, cycle_index",
    "alarms": "select cell_id, level, cycle_index, time_second, sentence, end, end_cycle, "
    "end_time_second from alarms order by cell_id, cycle_index, level",
    "cells": "select cell_id, status, alarm from cells order by cell_id",
}


def engine_of(detector: str) -> Any:
    """Return a detector, or the small engine of the tests."""
    return StepEngine() if detector == "steps" else DetectorEngine(detector)


def kind_of(channel: int) -> tuple[int, bool]:
    """Return where in its cycle a channel begins, and whether it breaks."""
    return channel % PHASES, channel // PHASES % 5 == 0


@cache
def template(phase: int, breaks: bool, number: int, a_day: int) -> str:
    """One message of a channel, with NAME for its name."""
    rows = round(86_400.0 / SAMPLE_SECOND / a_day)
    seconds = (number * rows + np.arange(1, rows + 1)) * SAMPLE_SECOND
    turn = seconds - 1.0 + phase / PHASES * 2.0 * HALF_SECOND
    sign = np.where(turn // HALF_SECOND % 2 == 0, 1.0, -1.0)
    ohm = 200.0 * (1.0 + 0.05 * np.sqrt(turn % HALF_SECOND / HALF_SECOND))
    ohm = np.where(breaks & (seconds > BREAKS_DAY * 86_400.0), 0.3 * ohm, ohm)
    table = {
        "test_time_second": seconds.tolist(),
        "voltage_volt": np.round(sign * 1e-4 * ohm, 7).tolist(),
        "current_ampere": (sign * 1e-4).tolist(),
    }
    told = {"cell_id": NAME, "sequence": number + 1, "facts": {"area_cm2": 0.785}, "table": table}
    return json.dumps(told)


def damaged(text: str, way: int) -> str:
    """Return a message that can never be used."""
    told = json.loads(text)
    table = told["table"]
    ways: list[Any] = [
        lambda: text[: len(text) // 2],
        lambda: json.dumps({**told, "facts": {"notes": [1, 2]}}),
        lambda: json.dumps({**told, "facts": {"notes": "\ud800"}}),
        lambda: text.replace('"sequence": ', '"sequence": ' + "9" * 400),
        lambda: json.dumps({**told, "table": {**table, "voltage_volt": ["1.0"] * 2}}),
        lambda: json.dumps({**told, "table": {**table, "current_ampere": [[1.0]]}}),
        lambda: '{"cell_id": ' + "[" * 5000,
        lambda: json.dumps({**told, "cell_id": "\x1b[2J"}),
    ]
    return str(ways[way % len(ways)]())


def serve(url: str, place: str, detector: str) -> None:
    """Watch until told to end: a process of its own."""
    watch = Watch(RedisSource(Address(url)), Store(place), engine_of(detector))
    end_on_signal(watch.stop)
    watch.run(0.05)
    watch.source.close()
    watch.store.close()


class Soak:
    """Sends, ends and begins watches, reads what they store."""

    def __init__(self, folder: Path, told: argparse.Namespace) -> None:
        self.told, self.folder = told, folder
        self.place = folder / "store.db"
        self.server = RedisServer(folder).start()
        self.address = Address(self.server.url)
        self.sink, self.client = RedisSink(self.address), connect(self.address.url)
        self.chance = np.random.default_rng(told.seed)
        self.slices = -(-told.channels // SLICE)
        self.messages = told.days * told.messages_a_day
        self.sent_at = np.full((self.messages, self.slices), np.nan)
        self.good = self.bad = self.twice = self.row = 0
        self.latencies: list[tuple[float, float]] = []
        self.restarts: list[float] = []
        self.endings: list[float] = []
        self.mebibytes: list[int] = []
        self.day_ended: list[float] = []
        self.cpu_second = 0.0
        Store(str(self.place)).close()
        self.reader = sqlite3.connect(self.place, timeout=30.0)
        self.decides = undisturbed(folder / "calm.db", told)
        self.process = self.begun()

    def begun(self) -> psutil.Popen:
        """Begin a watch."""
        log = (self.folder / "watch.log").open("ab")
        what = ["--serve", self.address.url, str(self.place), "--detector", self.told.detector]
        return psutil.Popen([sys.executable, "-m", "benchmarks.soak", *what], stderr=log)

    def restart(self) -> None:
        """End the watch in order, and begin another; senders do not wait."""
        self.restarts.append(time.time())
        self.end()
        self.endings.append(time.time() - self.restarts[-1])
        self.process = self.begun()

    def end(self) -> None:
        """End the watch in order."""
        spent = self.process.cpu_times()
        self.cpu_second += spent.user + spent.system
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60.0)

    def part(self, number: int, part: int) -> None:
        """One message of each channel of a slice, and what is wrong beside them."""
        channels = range(part * SLICE, min((part + 1) * SLICE, self.told.channels))
        day = self.told.messages_a_day
        pairs = []
        for k in channels:
            text = template(*kind_of(k), number, day)
            pairs.append((f"cell{k}", text.replace(NAME, f"cell{k}", 1)))
        bad = int(self.chance.binomial(len(pairs), self.told.bad))
        twice = int(self.chance.binomial(len(pairs), 0.001))
        wrong = [(name, damaged(text, self.bad + n)) for n, (name, text) in enumerate(pairs[:bad])]
        self.bad, self.good = self.bad + bad, self.good + len(pairs)
        self.twice += twice
        self.sent_at[number, part] = time.time()
        self.sink.send([*wrong, *pairs, *pairs[len(pairs) - twice :]])

    def flood(self, day: int) -> None:
        """Cells that nobody knows, all at once."""
        text = template(0, False, 0, self.told.messages_a_day)
        names = [f"new{day}-{k}" for k in range(self.told.flood)]
        self.sink.send([(name, text.replace(NAME, name, 1)) for name in names])

    def look(self) -> None:
        """Find the verdicts that have been stored since."""
        query = "select rowid, cell_id, cycle_index from verdicts where rowid > ? order by rowid"
        now = time.time()
        for row, name, cycle in self.reader.execute(query, (self.row,)).fetchall():
            self.row = row
            if name.startswith("cell"):
                channel = int(name[4:])
                number = self.decides[kind_of(channel)][cycle]
                sent = self.sent_at[number, channel // SLICE]
                self.latencies.append((sent, now - sent))

    def run(self) -> None:
        """Send the month evenly over the minutes that are given."""
        pause = 60.0 * self.told.minutes / (self.messages * self.slices)
        due = time.time()
        for number in range(self.messages):
            for part in range(self.slices):
                due = max(due + pause, time.time() - 5.0)  # what cannot be sent in time is not
                while (left := due - time.time()) > 0.0:  # made up for by a burst
                    time.sleep(min(left, 0.03))
                    self.look()
                self.part(number, part)
            day, rest = divmod(number + 1, self.told.messages_a_day)
            if not rest:
                self.day_ends(day)
        self.drain()

    def day_ends(self, day: int) -> None:
        """A flood; once a week a restart; what was acknowledged long ago is let go."""
        self.mebibytes.append(self.process.memory_info().rss >> 20)
        self.day_ended.append(time.time())
        for number in range(self.address.partitions):
            self.client.xtrim(self.address.key(number), maxlen=KEPT, approximate=True)
        if self.told.flood:
            self.flood(day)
        if day % 7 == 0:
            self.restart()
        late = self.latencies[-1][1] if self.latencies else 0.0
        done = f"{self.mebibytes[-1]} MiB, {len(self.latencies)} verdicts, {late:.1f} s"
        sys.stderr.write(f"day {day}: {done}\n")
        sys.stderr.flush()

    def drain(self) -> None:
        """Wait until nothing is owed, and end the watch."""
        groups = [self.address.key(number) for number in range(self.address.partitions)]
        end = time.time() + 600.0
        while time.time() < end:
            told = [self.client.xinfo_groups(key)[0] for key in groups]
            if not any(group["pending"] or group["lag"] for group in told):
                break
            time.sleep(0.05)
            self.look()
        self.end()

    def outcome(self) -> dict[str, Any]:
        """Compare what is stored with what the same messages come to undisturbed."""
        self.look()
        sent, second = np.array(self.latencies).T
        calm = np.ones(len(sent), bool)
        for moment in self.restarts:
            calm &= (sent < moment) | (sent > moment + RESTART_SECOND)
        dead = self.client.xinfo_stream(f"{self.address.stream}:dead")["entries-added"]
        return {
            "messages": self.good,
            "damaged": self.bad,
            "dead_letters": dead,
            "added_twice": self.twice,
            "new_cells": self.told.flood * self.told.days,
            "restarts": len(self.restarts),
            "restart_end_second": [round(second, 1) for second in self.endings],
            **compared(self.place, self.folder / "calm.db", self.told),
            "verdicts_timed": len(second),
            "second_median": float(np.median(second)),
            "second_99_of_100": float(np.quantile(second[calm], 0.99)),
            "second_99_of_100_with_restarts": float(np.quantile(second, 0.99)),
            "second_most": float(second.max()),
            "second_99_of_100_by_day": self.by_day(sent, second),
            "watch_cpu_second": round(self.cpu_second),
            "mebibytes_by_day": self.mebibytes,
            "store_mebibytes": self.place.stat().st_size >> 20,
        }

    def by_day(self, sent: np.ndarray, second: np.ndarray) -> list[float]:
        """Of 100 verdicts, 99 were stored so soon, by the day on which what decides was sent."""
        day = np.searchsorted(self.day_ended, sent)
        return [round(float(np.quantile(second[day == k], 0.99)), 2) for k in np.unique(day)]


def undisturbed(place: Path, told: argparse.Namespace) -> dict[tuple[int, bool], dict[int, int]]:
    """Watch one channel of each kind; return which message decides which of its cycles."""
    engine, decides = engine_of(told.detector), {}
    store = Store(str(place))
    for kind in sorted({kind_of(k) for k in range(told.channels)}):
        name = named(kind)
        texts = [
            template(*kind, number, told.messages_a_day).replace(NAME, name, 1)
            for number in range(told.days * told.messages_a_day)
        ]
        live, first = engine.make(parse(texts[0]).cell), {}
        for number, text in enumerate(texts):
            for change in live.update([parse(text).record()]):
                if change.kind is Kind.VERDICT:
                    first.setdefault(change.cycle_index, number)
        decides[kind] = first
        watch = Watch(LineSource(io.BytesIO("\n".join(texts).encode()), name), store, engine)
        while not watch.source.exhausted or watch.step():
            watch.step()
        watch.close()
    store.close()
    return decides


def named(kind: tuple[int, bool]) -> str:
    """Return the name of the undisturbed channel of a kind."""
    return f"calm{kind[0]}{'b' if kind[1] else 'h'}"


def compared(place: Path, calm: Path, told: argparse.Namespace) -> dict[str, Any]:
    """Compare every channel's rows with those of the undisturbed one of its kind."""
    found: dict[str, Any] = {}
    with closing(sqlite3.connect(place)) as here, closing(sqlite3.connect(calm)) as there:
        for table, query in _STORED.items():
            wanted = dict(by_cell(there.execute(query)))
            differ = channels = rows = fresh = 0
            for name, told_of in by_cell(here.execute(query)):
                if not name.startswith("cell"):
                    samples = json.loads(told_of[0][0])["samples"] if table == "cells" else 0
                    fresh += samples == round(86_400.0 / SAMPLE_SECOND / told.messages_a_day)
                    continue
                channels, rows = channels + 1, rows + len(told_of)
                calm_name = named(kind_of(int(name[4:])))
                mine = wanted.get(calm_name, [])
                same = told_of == mine
                if table == "cells":  # an alarm's key begins with the cell's name
                    status, alarm = told_of[0]
                    same = alike([(status, alarm.replace(name, calm_name))], mine)
                differ += not same
            found[f"{table}_rows"] = rows
            found[f"channels_whose_{table}_differ"] = differ
            if table == "cells":
                found["channels"], found["new_cells_whole"] = channels, fresh
    return found


def alike(rows: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> bool:
    """Whether two cells' statuses are the same; sums of voltages but for the last digit."""
    if not rows or not wanted or rows[0][1] != wanted[0][1]:
        return False
    here, there = json.loads(rows[0][0]), json.loads(wanted[0][0])
    volts = [np.array(status["trace"].pop("volts")) for status in (here, there)]
    return here == there and volts[0].shape == volts[1].shape and np.allclose(*volts, 1e-12, 0.0)


def by_cell(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Group rows by their first column, which is the cell's name."""
    name, mine = "", []
    for row in rows:
        if row[0] != name and mine:
            yield name, mine
            mine = []
        name = row[0]
        mine.append(row[1:])
    if mine:
        yield name, mine


def main() -> None:
    """Run it, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--messages-a-day", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=40.0, help="for the whole of it")
    parser.add_argument("--bad", type=float, default=0.01, help="share of damaged messages")
    parser.add_argument("--flood", type=int, default=2000, help="new cells, once a day")
    parser.add_argument("--detector", default="steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", nargs=2, metavar=("URL", "STORE"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        serve(*told.serve, told.detector)
        return
    with tempfile.TemporaryDirectory() as name:
        began = time.time()
        soak = Soak(Path(name), told)
        soak.run()
        found = soak.outcome()
        soak.server.kill()
    found["seconds"] = round(time.time() - began)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
