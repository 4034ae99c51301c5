"""A real Redis: many workers, workers that are lost, a broker that goes away."""

import json
import time

import pytest
import redis

from softbreak.errors import SoftbreakError
from softbreak.stream.cell_board import board
from softbreak.stream.sources.redis import RedisSource
from softbreak.stream.sources.redis_address import Address, RedisSink
from softbreak.stream.sources.redis_pending import MOST_DELIVERIES
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Pace, Watch
from tests.stream.steps import StepEngine, volts

CELLS = {f"cell{k}": list(volts(9, breaks=4 if k % 2 else None)) for k in range(8)}
ALWAYS, NEVER = Pace(checkpoint_second=0.0), Pace(checkpoint_second=1e9)


def messages(cell_id, rows, size=7):
    for first in range(0, len(rows), size):
        columns = zip(*rows[first : first + size], strict=True)
        names = ("test_time_second", "voltage_volt", "current_ampere")
        table = dict(zip(names, map(list, columns), strict=True))
        yield cell_id, json.dumps({"cell_id": cell_id, "table": table})


def shuffled(cells, size=7):
    """All cells' messages, each cell's in order, the cells in turn."""
    queues = [list(messages(name, rows, size)) for name, rows in cells.items()]
    return [m for k in range(max(map(len, queues))) for q in queues if k < len(q) for m in [q[k]]]


class Bench:
    """A stream, a store, and workers."""

    def __init__(self, server, folder):
        self.server = server
        self.address = Address(server.url, partitions=4)
        self.store_path = str(folder / "store.db")
        self.sources = []

    def send(self, told):
        sink = RedisSink(self.address)
        sink.send(told)
        sink.close()

    def worker(self, pace=ALWAYS, lease=60.0, engine=None):
        source = RedisSource(self.address, lease_second=lease)
        self.sources.append(source)
        return Watch(source, Store(self.store_path), engine or StepEngine(), pace=pace)

    def outcome(self):
        store = Store(self.store_path)
        verdicts = store.verdicts()
        alarms = store.alarms().drop(columns=["raised_unix_second"])
        store.close()
        return verdicts, alarms.sort_values("key", ignore_index=True)

    def pending(self):
        client = redis.Redis.from_url(self.server.url)
        count = sum(
            client.xpending(self.address.key(n), self.address.group)["pending"]
            for n in range(self.address.partitions)
            if client.exists(self.address.key(n))
        )
        client.close()
        return count

    def close(self):
        for source in self.sources:
            source.close()


@pytest.fixture
def bench(redis_server, tmp_path):
    made = Bench(redis_server, tmp_path)
    yield made
    made.close()


def run(watch, steps=6):
    for _ in range(steps):
        watch.step()
    return watch


@pytest.fixture(scope="module")
def expected():
    """What an engine says that is fed directly, by cell."""
    from softbreak.data.record import Cell
    from softbreak.stream.sources.messages import parse

    found = {}
    for name, rows in CELLS.items():
        live = StepEngine().make(Cell(cell_id=name))
        changes = [c for _, m in messages(name, rows) for c in live.update([parse(m).record()])]
        found[name] = [
            (c.cycle_index, c.row["evidence"][0]["value"]) for c in changes if "state" in c.row
        ]
    return found


def assert_right(bench, expected):
    verdicts, alarms = bench.outcome()
    for name, rows in verdicts.groupby("cell_id"):
        counted = [evidence[0]["value"] for evidence in rows["evidence"]]
        assert list(zip(rows["cycle_index"], counted, strict=True)) == expected[name]
    assert set(verdicts["cell_id"]) == set(expected)
    broken = {f"cell{k}" for k in range(1, 8, 2)}
    assert set(alarms["cell_id"]) == broken
    assert alarms["key"].is_unique


def test_one_worker_takes_and_acknowledges_everything(bench, expected):
    bench.send(shuffled(CELLS))
    run(bench.worker()).close()
    assert_right(bench, expected)
    assert bench.pending() == 0


@pytest.mark.parametrize("pace", [ALWAYS, NEVER])
def test_a_worker_that_is_lost_is_replaced_and_nothing_is_lost_or_doubled(bench, expected, pace):
    told = shuffled(CELLS)
    bench.send(told[:40])
    lost = run(bench.worker(pace, lease=0.3))
    bench.send(told[40:70])
    lost.step()  # and is never heard of again
    bench.send(told[70:])
    time.sleep(0.35)
    other = run(bench.worker(lease=0.3), 8)
    assert_right(bench, expected)
    assert bench.pending() == 0
    other.close()


def test_a_worker_that_comes_back_from_the_dead_does_no_harm(bench, expected):
    told = shuffled(CELLS)
    bench.send(told[:60])
    sleeper = run(bench.worker(NEVER, lease=0.3))
    time.sleep(0.35)
    bench.send(told[60:])
    other = run(bench.worker(ALWAYS, lease=0.3))
    run(sleeper, 3)
    sleeper.close()
    run(other, 3)
    assert sleeper.metrics.errors["fence"] == 1
    assert_right(bench, expected)


def test_two_workers_share_the_partitions(bench, expected):
    first, second = bench.worker(), bench.worker()
    for watch in (first, second):
        watch.source._leases._second = 60.0
    run(first, 1)
    run(second, 1)
    for watch in (first, second, first, second):
        watch.source._leases.ask_again()
        watch.step()
    bench.send(shuffled(CELLS))
    for _ in range(4):
        first.step()
        second.step()
    assert len(first.source._leases.held) == len(second.source._leases.held) == 2
    assert first.cells and second.cells
    assert not set(first.cells) & set(second.cells)
    assert_right(bench, expected)


def test_a_broker_that_is_killed_and_comes_back_loses_nothing(bench, expected):
    told = shuffled(CELLS)
    bench.send(told[:60])
    watch = run(bench.worker())
    bench.server.kill()
    run(watch, 2)
    assert "cannot be reached" in watch.problems["redis"]
    assert "cannot be reached" in watch.source.stalled
    bench.server.start()
    bench.send(told[60:])
    run(watch)
    assert not watch.source.stalled
    assert_right(bench, expected)
    assert bench.pending() == 0


def test_a_new_model_judges_what_the_stream_still_holds(bench, expected):
    bench.send(shuffled(CELLS))
    run(bench.worker()).close()
    bench.sources.pop().close()
    newer = run(bench.worker(engine=StepEngine("steps 2")))
    newer.close()
    assert newer.store.models() == dict.fromkeys(CELLS, "steps 2")
    assert_right(bench, expected)


def test_what_is_no_message_is_said_and_put_aside(bench):
    client = redis.Redis.from_url(bench.server.url)
    client.xadd("softbreak:0", {"m": "{nonsense"})
    client.xadd("softbreak:1", {"other": "field"})
    client.close()
    watch = run(bench.worker())
    assert sum("entry" in key for key in watch.problems) == 2
    assert bench.pending() == 0


def test_trimmed_entries_are_said(bench):
    address = Address(bench.server.url, partitions=1)
    bench.address = address
    bench.send(shuffled({"cell0": CELLS["cell0"]}, 1))
    source = RedisSource(address, lease_second=0.1)
    bench.sources.append(source)
    list(source.poll())
    list(source.poll())
    client = redis.Redis.from_url(bench.server.url)
    client.xtrim(address.key(0), 3, approximate=False)
    client.close()
    time.sleep(0.12)
    watch = run(bench.worker(lease=60.0))
    assert "trimmed away" in watch.problems[address.key(0)]


def test_the_address_says_stream_group_and_partitions():
    address = Address.of("redis://host:6380/2?stream=lab&group=night&partitions=32")
    assert address == Address("redis://host:6380/2", "lab", "night", 32)
    for bad in ("redis://h?partitions=0", "redis://h?nonsense=1"):
        with pytest.raises(SoftbreakError):
            Address.of(bad)


def dead(bench):
    client = redis.Redis.from_url(bench.server.url)
    found = [fields for _, fields in client.xrange("softbreak:dead")]
    client.close()
    return found


def test_what_can_never_be_used_is_a_dead_letter_with_its_reason(bench):
    client = redis.Redis.from_url(bench.server.url)
    client.xadd("softbreak:0", {"m": "{nonsense"})
    client.xadd("softbreak:1", {"other": "field"})
    client.close()
    run(bench.worker())
    assert bench.pending() == 0
    letters = {fields[b"stream"]: fields for fields in dead(bench)}
    assert letters[b"softbreak:0"][b"m"] == b"{nonsense"
    assert b"no JSON" in letters[b"softbreak:0"][b"reason"]
    assert b"no field" in letters[b"softbreak:1"][b"reason"]


class Killed(BaseException):
    """The process ends, in the midst of it."""


class Deadly(StepEngine):
    """Whoever reads one message is killed, or it has an error of its own."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def make(self, cell):
        return self.guarded(super().make(cell))

    def load(self, state):
        return self.guarded(super().load(state))

    def guarded(self, live):
        right = type(live)

        def update(records):
            if any((record.array("voltage_volt") == 7.0).any() for record in records):
                raise self.error
            return right.update(live, records)

        live.update = update
        live.dump = lambda: json.dumps(
            {k: v for k, v in vars(live).items() if k not in ("update", "dump")}
        ).encode()
        return live


def poison(cell_id):
    columns = {"test_time_second": [1.0], "voltage_volt": [7.0], "current_ampere": [1e-3]}
    return cell_id, json.dumps({"cell_id": cell_id, "table": columns})


def test_an_error_of_ours_costs_one_entry(bench, expected):
    told = shuffled(CELLS)
    bench.send([*told[:30], poison("cell3"), *told[30:], poison("cell4")])
    watch = run(bench.worker(NEVER, engine=Deadly(ZeroDivisionError())))
    watch.close()
    assert_right(bench, expected)
    assert bench.pending() == 0
    assert [json.loads(fields[b"m"])["cell_id"] for fields in dead(bench)] == ["cell3", "cell4"]
    assert watch.metrics.refused == 2


def test_an_entry_that_ends_its_workers_goes_to_the_dead_letters_alone(bench, expected):
    told = shuffled(CELLS)
    bench.send([*told[:30], poison("cell3"), *told[30:]])
    lives = 0
    for _ in range(3 * MOST_DELIVERIES):
        watch = bench.worker(ALWAYS, lease=0.05, engine=Deadly(Killed()))
        try:
            run(watch, 8)
        except Killed:
            time.sleep(0.06)
            lives += 1
            continue
        break
    else:
        pytest.fail("every worker was killed")
    assert lives == MOST_DELIVERIES
    watch.close()
    assert_right(bench, expected)
    assert bench.pending() == 0
    (letter,) = dead(bench)
    assert json.loads(letter[b"m"])["cell_id"] == "cell3"
    assert b"delivered" in letter[b"reason"]


def test_once_takes_what_waits(bench, expected):
    bench.send(shuffled(CELLS))
    bench.worker().run_once()
    assert_right(bench, expected)
    assert bench.pending() == 0


def test_once_waits_for_the_leases_of_a_worker_that_was_lost(bench, expected):
    told = shuffled(CELLS)
    bench.send(told[:40])
    run(bench.worker(NEVER, lease=0.6))  # and is never heard of again
    bench.send(told[40:])
    bench.worker(lease=0.6).run_once()
    assert_right(bench, expected)
    assert bench.pending() == 0


def trimmed(bench, most):
    client = redis.Redis.from_url(bench.server.url)
    for number in range(bench.address.partitions):
        if client.exists(bench.address.key(number)):
            client.xtrim(bench.address.key(number), most, approximate=False)
    client.close()


def incomplete(bench):
    store = Store(bench.store_path)
    found = {row.cell_id for row in board(store) if "trimmed" in row.sentence}
    states = {row.cell_id: row.state for row in board(store)}
    store.close()
    return found, states


def test_what_is_trimmed_before_it_is_read_is_counted_and_its_cells_are_not_called_healthy(bench):
    bench.address = Address(bench.server.url, partitions=1)
    told = list(shuffled({"cell0": CELLS["cell0"]}, 1))
    bench.send(told[:60])
    watch = run(bench.worker())
    bench.send(told[60:90])
    trimmed(bench, 10)
    bench.send(told[90:])
    run(watch)
    assert "20 entries were trimmed" in watch.problems["softbreak:0"]
    watch.close()
    assert incomplete(bench) == ({"cell0"}, {"cell0": "undetermined"})
    assert watch.cells["cell0"].samples == len(told) - 20


def test_nothing_is_lost_where_only_what_was_read_is_trimmed(bench):
    bench.address = Address(bench.server.url, partitions=1)
    told = shuffled({"cell0": CELLS["cell0"]}, 1)
    bench.send(told[:60])
    watch = run(bench.worker())
    trimmed(bench, 0)
    bench.send(told[60:])
    run(watch).close()
    assert "softbreak:0" not in watch.problems
    assert incomplete(bench) == (set(), {"cell0": "healthy"})


def test_sequences_tell_that_a_cell_has_lost_nothing(bench):
    bench.address = Address(bench.server.url, partitions=1)

    def numbered(cell_id, count, start=0):
        rows = CELLS["cell0"][start : start + count]
        for k, (_, message) in enumerate(messages(cell_id, rows, 1), start):
            yield cell_id, json.dumps({**json.loads(message), "sequence": k})

    bench.send([*numbered("a", 50), *numbered("b", 50)])
    watch = run(bench.worker())
    bench.send([*numbered("a", 20, 50), *numbered("b", 1, 50)])
    trimmed(bench, 1)
    bench.send([*numbered("a", 60, 70), *numbered("b", 60, 51)])
    run(watch).close()
    assert incomplete(bench)[0] == {"a"}


def numbered(cells):
    """All cells' messages with ``sequence``."""
    count = dict.fromkeys(cells, 0)
    for name, text in shuffled(cells):
        count[name] += 1
        yield name, json.dumps({**json.loads(text), "sequence": count[name]})


@pytest.mark.parametrize("pace", [ALWAYS, NEVER])
def test_what_a_sender_adds_twice_counts_once(bench, expected, pace):
    told = list(numbered(CELLS))
    half = len(told) // 2
    bench.send([*told[:half], *told[half - 20 : half]])  # it heard nothing of these
    watch = run(bench.worker(pace))
    bench.send(told[half - 30 : half + 10])
    run(watch).close()
    watch.source.close()
    bench.send(told[half - 5 :])  # nor of these, and another worker takes them
    last = run(bench.worker(pace))
    last.close()
    assert_right(bench, expected)
    assert bench.pending() == 0
    assert not last.problems


def test_a_cell_that_is_judged_again_counts_twice_added_messages_once(bench, expected):
    told = list(numbered(CELLS))
    bench.send([m for m in told for _ in range(2)])
    run(bench.worker()).close()
    run(bench.worker(engine=StepEngine("steps 2"))).close()
    assert_right(bench, expected)


def test_a_clock_that_is_set_back_leaves_no_partition_unread(bench, expected):
    watch = bench.worker()
    leases = watch.source._leases
    client = redis.Redis.from_url(bench.server.url)
    client.zadd(leases._key("workers"), {"dead": time.time() + 86_400.0})
    client.close()
    bench.send(shuffled(CELLS))
    run(watch)
    assert len(leases.held) == 4
    assert_right(bench, expected)
