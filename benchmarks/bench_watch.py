"""How much a watch can follow: chunks through Redis, thousands of live channels, flat memory.

Everything is simulated. Needs the Debian package redis-server for the first part. Goals, on two
cores: 10,000 chunks/s at least once through Redis; 10,000 channels at 1 Hz with p99 below 1 s from
sample to stored alarm; 300,000 samples/s through the engine in one process; memory below 1 GiB, and
flat over a month of the cells' time. The clock counts what else the machine does; the time of one
core does not.

    python benchmarks/bench_watch.py                    # everything, a few minutes
    python benchmarks/bench_watch.py channels --channels 10000 --second 30
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from softbreak.data.record import Cell, Technique
from softbreak.stream.alarm import Alarm
from softbreak.stream.sources.chunk import Chunk, Receipt, Source
from softbreak.stream.sources.merged import chunk_of
from softbreak.stream.sources.messages import Message
from softbreak.stream.sources.redis import RedisSource
from softbreak.stream.sources.redis_address import Address, RedisSink
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Pace, Watch
from softbreak.stream.watched_cell import DetectorEngine
from tests.stream.servers import RedisServer
from tests.stream.steps import StepEngine

HALF_CYCLE_SECOND = 120.0
OHM, BROKEN_OHM, AMPERE = 100.0, 30.0, 1e-3


def engine_of(name: str) -> object:
    """The small engine of the tests, or a detector."""
    return StepEngine() if name == "steps" else DetectorEngine(name)


def through_redis(count: int, channels: int, engine: str, folder: Path) -> None:
    """Send ``count`` messages of one sample each, and take them."""
    print(f"Redis, {count:,} messages of one sample, {channels:,} channels:", flush=True)
    server = RedisServer(folder).start()
    address = Address(server.url)
    sink = RedisSink(address)
    rest = '"voltage_volt": 0.1, "current_ampere": 0.001}}'
    text = '{{"cell_id": "cell{}", "test_time_second": {}, ' + rest
    with _Timed("sent", count):
        for first in range(0, count, 1000):
            rows = range(first, min(first + 1000, count))
            pairs = (
                (f"cell{k % channels}", text.format(k % channels, k // channels)) for k in rows
            )
            sink.send(pairs)
    source, taken = RedisSource(address), 0
    with _Timed("read, parsed and acknowledged", count):
        while taken < count:
            chunks = list(source.poll())
            taken += sum(len(chunk.records) and chunk.samples for chunk in chunks)
            source.ack([chunk.receipt for chunk in chunks])
    source.close()
    _watched(RedisSource(Address(address.url, group="second")), count, channels, engine, folder)
    server.kill()


def _watched(source: RedisSource, count: int, channels: int, engine: str, folder: Path) -> None:
    """Take the messages as a watch does; what is new of every channel is told apart."""
    watch = Watch(source, Store(str(folder / "redis.db")), engine_of(engine))
    with _Timed(f"channels begun by engine {engine!r} and their first samples stored", channels):
        while len(watch.cells) < channels:
            watch.step()
        watch.flush(everything=True)
    left = count - watch.metrics.samples
    with _Timed("the whole watch: SQLite, acknowledgement after commit", left):
        while watch.metrics.samples < count:
            watch.step()
        watch.close()
    source.close()


class _Timed:
    """Prints what went by: by the clock, and by this process's own time on one core."""

    def __init__(self, what: str, count: int) -> None:
        self.what, self.count = what, count

    def __enter__(self) -> None:
        self.began, self.spent = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        clock = time.perf_counter() - self.began
        core = time.process_time() - self.spent
        each = core / self.count
        print(
            f"  {self.what}: {self.count / clock:,.0f}/s by the clock; "
            f"{1e6 * each:.0f} µs of one core each, {1.0 / each:,.0f}/s",
            flush=True,
        )


class Channels(Source):
    """Channels that are sampled once a second, each of which may break."""

    name = "channels"

    def __init__(self, count: int, breaks: np.ndarray, speed: float = 1.0) -> None:
        self.cells = [Cell(cell_id=f"cell{k:05d}") for k in range(count)]
        self.breaks, self.speed = breaks, speed
        self.tick = 0
        self.began = time.monotonic()
        self.made: dict[int, float] = {}
        self.late = 0.0

    def due(self) -> float:
        """When the next samples are measured."""
        return self.began + (self.tick + 1) / self.speed

    def poll(self) -> Iterator[Chunk]:
        """Yield one sample of each channel, when its second has come."""
        if time.monotonic() < self.due():
            return
        now, tick = self.due(), self.tick
        self.late = max(self.late, time.monotonic() - now)
        self.tick += 1
        self.made[tick] = now
        sign = 1.0 if (tick // HALF_CYCLE_SECOND) % 2 == 0 else -1.0
        ohm = np.where(tick >= self.breaks, BROKEN_OHM, OHM)
        noise = np.random.default_rng(tick).normal(1.0, 2e-4, len(ohm))
        volts = sign * ohm * AMPERE * noise
        time_column, current = np.array([float(tick)]), np.array([sign * AMPERE])
        for cell, volt in zip(self.cells, volts, strict=True):
            columns = {
                "test_time_second": time_column,
                "voltage_volt": np.array([volt]),
                "current_ampere": current,
            }
            message = Message(cell, Technique.CYCLING, columns)
            yield chunk_of([message], {cell.cell_id: str(tick)})

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Nothing to do."""

    def wait(self, second: float) -> None:
        """Wait until the next sample."""
        time.sleep(max(0.0, min(second, self.due() - time.monotonic())))


def channels(count: int, second: float, engine: str, folder: Path) -> None:
    """Follow channels at 1 Hz; measure from sample to stored alarm."""
    rng = np.random.default_rng(0)
    breaks = rng.integers(10, max(int(second) - 3, 11), count)
    breaks[rng.random(count) < 0.95] = 10**9
    breaks[(breaks % HALF_CYCLE_SECOND) < 5] += 5
    source = Channels(count, breaks)
    watch = Watch(source, Store(str(folder / "channels.db")), engine_of(engine))
    delays: dict[str, tuple[float, float]] = {}

    def heard(cell_id: str, alarm: Alarm) -> None:
        if cell_id not in delays and not alarm.end:
            broke, now = source.made[int(breaks[int(cell_id[4:])])], time.monotonic()
            delays[cell_id] = now - source.made[source.tick - 1], now - broke

    watch.heard = heard
    process = psutil.Process()
    beginning = time.perf_counter()
    source.began = -np.inf
    watch.step()  # every channel is new, and the engine's code is compiled
    beginning = time.perf_counter() - beginning
    source.began, source.late = time.monotonic() - source.tick / source.speed, 0.0
    spent = process.cpu_times()
    while source.tick < second:
        if not watch.step():
            source.wait(1.0)
    used = process.cpu_times()
    watch.close()
    broken = int((breaks < second - 2).sum())
    values = np.array(list(delays.values()))
    print(f"{count:,} channels at 1 Hz for {second:g} s with engine {engine!r}:")
    print(f"  all channels were begun in {beginning:.1f} s;")
    print(f"  {len(values)} of {broken} that broke are known; to the stored alarm it took")
    for what, column in (("the sample that told it", 0), ("the first broken sample", 1)):
        p50, p99, longest = np.percentile(values[:, column], [50, 99, 100])
        print(f"  from {what}: median {p50:.2f} s, p99 {p99:.2f} s, longest {longest:.2f} s;")
    cpu = (used.user - spent.user) / second
    print(f"  {cpu:.0%} of one core; polls late by at most {source.late:.2f} s;")
    print(f"  memory {process.memory_info().rss / 2**20:,.0f} MiB")


def month(cells: int, days: float, engine: str, folder: Path) -> None:
    """Follow cells for a month of their time, at 1 Hz in chunks of ten minutes."""
    watch = Watch(
        _Month(cells, days),
        Store(str(folder / "month.db")),
        engine_of(engine),
        pace=Pace(checkpoint_second=1.0),
    )
    process, samples = psutil.Process(), []
    began, spent = time.perf_counter(), time.process_time()
    while watch.step():
        samples.append(process.memory_info().rss / 2**20)
    watch.close()
    rate = watch.metrics.samples / (time.perf_counter() - began)
    core = watch.metrics.samples / (time.process_time() - spent)
    tenth = max(len(samples) // 10, 1)
    shown = ", ".join(f"{value:,.0f}" for value in samples[::tenth])
    print(f"{cells} cells for {days:g} days at 1 Hz with engine {engine!r}:")
    print(
        f"  {watch.metrics.samples:,} samples, {rate:,.0f}/s by the clock, {core:,.0f}/s of a core"
    )
    print(f"  {watch.metrics.verdicts:,} verdicts; memory in MiB over time: {shown}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"  peak {peak:,.0f} MiB")


class _Month(Source):
    """Cells with half-cycles of an hour, ten minutes a chunk."""

    name = "month"
    rows = 600

    def __init__(self, cells: int, days: float) -> None:
        self.cells = [Cell(cell_id=f"cell{k}") for k in range(cells)]
        self.chunks = int(days * 86400.0 / self.rows)
        self.done = 0

    def poll(self) -> Iterator[Chunk]:
        if self.done == self.chunks:
            return
        start = self.done * self.rows
        self.done += 1
        tick = np.arange(start, start + self.rows, dtype=np.float64)
        sign = np.where((tick // 3600.0) % 2 == 0, 1.0, -1.0)
        for number, cell in enumerate(self.cells):
            noise = np.random.default_rng([start, number]).normal(1.0, 2e-4, self.rows)
            columns = {
                "test_time_second": tick,
                "voltage_volt": sign * OHM * AMPERE * noise,
                "current_ampere": sign * AMPERE,
            }
            message = Message(cell, Technique.CYCLING, columns)
            yield chunk_of([message], {cell.cell_id: str(start)})

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Nothing to do."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["redis", "channels", "month"])
    parser.add_argument("--engine", default="hybrid", help="a detector, or steps")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--second", type=float, default=30.0)
    parser.add_argument("--redis-channels", type=int, default=1_000)
    parser.add_argument("--cells", type=int, default=6)
    parser.add_argument("--days", type=float, default=30.0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "redis" in told.what:
            through_redis(told.messages, told.redis_channels, told.engine, folder)
        if "channels" in told.what:
            channels(told.channels, told.second, told.engine, folder)
        if "month" in told.what:
            month(told.cells, told.days, told.engine, folder)


if __name__ == "__main__":
    main()
