"""A month of many channels in simulated time: is anything lost or doubled, does memory stay flat?

Every channel sends one half-cycle a message through Redis, with ``sequence``; one message in a
hundred is damaged, once a day many cells come that nobody knows, once a week the watch is closed
and begun anew. In the end every verdict's number of rows is compared with what was sent, and each
damaged message has to lie among the dead letters.

    python benchmarks/soak.py --channels 10000 --days 30 --messages-a-day 2

Everything is SIMULATED, with the small engine of the tests (a verdict counts every row before it).
The clock is that of the samples: nothing waits. Needs redis-server.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from softbreak.stream.sources.redis import RedisSource
from softbreak.stream.sources.redis_address import Address, RedisSink, connect
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from tests.stream.servers import RedisServer
from tests.stream.steps import StepEngine

ROWS = 5
"""Samples of a message: a half-cycle."""
BATCH = 500
"""Messages that come at the same moment."""
DAY_SECOND = 86_400.0


def message(channel: str, number: int, half_second: float) -> str:
    """One half-cycle of a channel; every fifth channel breaks in its life."""
    sign = 1.0 if number % 2 == 0 else -1.0
    ohm = 30.0 if channel.endswith("7") and number > 20 else 100.0
    times = [number * half_second + (k + 1) * half_second / ROWS for k in range(ROWS)]
    table = {
        "test_time_second": times,
        "voltage_volt": [sign * 1e-3 * ohm] * ROWS,
        "current_ampere": [sign * 1e-3] * ROWS,
    }
    return json.dumps({"cell_id": channel, "sequence": number, "table": table})


class Soak:
    """A watch, what was sent to it, and what it took."""

    def __init__(self, folder: Path, told: argparse.Namespace) -> None:
        self.told, self.folder = told, folder
        self.server = RedisServer(folder).start()
        self.address = Address(self.server.url)
        self.sink, self.client = RedisSink(self.address), connect(self.address.url)
        self.chance = np.random.default_rng(told.seed)
        self.bad = self.floods = self.good = 0
        self.seconds: list[float] = []
        self.mebibytes: list[int] = []
        self.watch = self.begun()

    def begun(self) -> Watch:
        """A watch that takes up where the one before it ended."""
        store = Store(str(self.folder / "store.db"))
        return Watch(RedisSource(self.address), store, StepEngine())

    def closed(self) -> None:
        """End a watch in order."""
        self.watch.close()
        self.watch.source.close()
        self.watch.store.close()

    def sent(self, pairs: list[tuple[str, str]]) -> None:
        """Send messages, some of them damaged beside; wait until all are taken."""
        bad = int(self.chance.binomial(len(pairs), self.told.bad))
        damaged = [(name, text[: len(text) // 2]) for name, text in pairs[:bad]]
        self.bad, self.good = self.bad + bad, self.good + len(pairs)
        began, samples = time.perf_counter(), self.watch.metrics.samples
        self.sink.send([*damaged, *pairs])
        while self.watch.metrics.samples - samples < ROWS * len(pairs):
            self.watch.step()
        self.seconds.append(time.perf_counter() - began)

    def day(self, day: int) -> None:
        """One day of all channels, and a flood."""
        half = DAY_SECOND / self.told.messages_a_day
        for part in range(self.told.messages_a_day):
            number = day * self.told.messages_a_day + part
            for first in range(0, self.told.channels, BATCH):
                last = min(first + BATCH, self.told.channels)
                cells = [f"cell{k}" for k in range(first, last)]
                self.sent([(name, message(name, number, half)) for name in cells])
        if self.told.flood:
            names = [f"new{day}-{k}" for k in range(self.told.flood)]
            for first in range(0, len(names), BATCH):
                self.sent([(n, message(n, 0, half)) for n in names[first : first + BATCH]])
            self.floods += 1
        if day % 7 == 6:
            self.closed()
            self.watch = self.begun()
        for number in range(self.address.partitions):  # what was acknowledged is let go
            self.client.xtrim(self.address.key(number), maxlen=20_000)
        self.mebibytes.append(psutil.Process().memory_info().rss >> 20)

    def outcome(self) -> dict[str, Any]:
        """Compare what is stored with what was sent."""
        self.closed()
        store = Store(str(self.folder / "store.db"))
        lost = 0
        messages = self.told.days * self.told.messages_a_day
        for k in range(self.told.channels):
            stored = store.cell(f"cell{k}")
            rows = json.loads(stored.state)["rows"] if stored is not None else 0
            lost += rows != ROWS * messages
        verdicts = store.verdicts()
        verdicts = verdicts[verdicts["cell_id"].str.startswith("cell")]
        twice = int(verdicts.duplicated(["cell_id", "cycle_index"]).sum())
        store.close()
        seconds = np.array(self.seconds)
        return {
            "messages": self.good,
            "damaged": self.bad,
            "dead_letters": int(self.client.xlen(f"{self.address.stream}:dead")),
            "floods": self.floods,
            "restarts": self.told.days // 7,
            "channels_with_rows_lost_or_doubled": lost,
            "verdicts": len(verdicts),
            "verdicts_twice": twice,
            "batch_second_median": float(np.median(seconds)),
            "batch_second_99_of_100": float(np.quantile(seconds, 0.99)),
            "mebibytes_by_day": self.mebibytes,
        }


def main() -> None:
    """Run it, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--messages-a-day", type=int, default=2)
    parser.add_argument("--bad", type=float, default=0.01, help="share of damaged messages")
    parser.add_argument("--flood", type=int, default=2000, help="new cells, once a day")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name), told)
        began = time.perf_counter()
        for day in range(told.days):
            soak.day(day)
            sys.stderr.write(f"day {day}: {time.perf_counter() - began:.0f} s\n")
        found = soak.outcome()
        soak.server.kill()
    found["seconds"] = round(time.perf_counter() - began)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
