"""A record in any chunks gives the very bits that it gives in one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.evidence.temperature_log import Thermometer
from softbreak.features.half_cycles.samples import COLUMNS, staged, staged_alone
from softbreak.features.half_cycles.state_bytes import pack, unpack
from softbreak.features.half_cycles.stream import RECORDS_OPEN, CellStream
from tests.features.streams import chunks, cycled, nasty

RECORDS = nasty()


def fed(columns, cuts=(), *, stored=False):
    stream, news = CellStream(watchful=True), []
    for chunk in chunks(columns, cuts):
        stream.feed("r", chunk)
        news += stream.records["r"].news
        stream.records["r"].news.clear()
        if stored:
            stream = CellStream.load(unpack(pack(stream.dump())))
    stream.records["r"].resolve()
    return stream, sorted(map(str, news + stream.records["r"].news))


def bits(stream):
    (part,) = stream.parts(["r"])
    return {name: rows.tobytes() for name, rows in part.dump().items()}


@pytest.mark.parametrize("name", RECORDS)
def test_sample_by_sample(name):
    columns = RECORDS[name]
    count = len(columns["voltage_volt"])
    (whole, news), (single, told) = fed(columns), fed(columns, range(count))
    assert bits(single) == bits(whole)
    assert told == news
    np.testing.assert_array_equal(single.records["r"].tallies, whole.records["r"].tallies)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(RECORDS)), st.lists(st.integers(0, 700), max_size=12), st.booleans())
def test_any_chunks_and_any_interruption(name, cuts, stored):
    (whole, news), (cut, told) = fed(RECORDS[name]), fed(RECORDS[name], cuts, stored=stored)
    assert bits(cut) == bits(whole)
    assert told == news


@pytest.mark.parametrize("name", RECORDS)
def test_the_end_can_be_looked_at_before_it_comes(name):
    columns = RECORDS[name]
    stream = CellStream()
    for chunk in chunks(columns, range(0, 400, 25)):
        stream.feed("r", chunk)
        stream.parts(["r"])
    assert bits(stream) == bits(fed(columns)[0])


def spoilt(seed):
    """Several stretches of samples, most of them in order."""
    rng, columns = np.random.default_rng(seed), cycled(half=300, halves=14)
    count = len(columns["voltage_volt"])
    columns["ambient_temperature_celsius"] = 25.0 + rng.standard_normal(count)
    if seed % 2:
        imposed = np.where(rng.random(count) < 0.9, columns["current_ampere"], np.nan)
        columns["control_current_ampere"] = imposed
    words = {
        "test_time_second": (np.nan, 0.0, 1e9),
        "voltage_volt": (np.nan, np.inf, 0.04),
        "current_ampere": (np.nan, 9e-3),
        "ambient_temperature_celsius": (np.nan, -273.0),
    }
    for name, values in words.items():
        places = rng.integers(0, count, seed % 5)
        columns[name][places] = rng.choice(values, len(places))
    return columns


@pytest.mark.parametrize("seed", range(10))
def test_in_stretches_or_one_by_one(seed):
    columns = spoilt(seed)
    few = range(0, len(columns["voltage_volt"]), 7)  # too few to be taken up at once
    (whole, news), (single, told) = fed(columns), fed(columns, few)
    assert bits(single) == bits(whole)
    assert told == news
    for one, other in zip(single.records.values(), whole.records.values(), strict=True):
        assert one.intake.clock.tobytes() == other.intake.clock.tobytes()
        np.testing.assert_array_equal(one.tallies, other.tallies)


def long_records():
    """Records of several stretches, each of which breaks off the compiled way in its manner."""
    plain, slow = cycled(half=300, halves=120), cycled(half=5500, halves=4)
    count = np.arange(len(plain["voltage_volt"]))
    rests = (count % 1500) < 20
    rng = np.random.default_rng(3)
    still = np.where((count > 5000) & (count < 5200), 0.1, plain["voltage_volt"])
    drops = plain["voltage_volt"] * np.where(rng.random(len(count)) < 1e-3, 0.3, 1.0)
    one_way = {"voltage_volt": np.abs(drops), "current_ampere": np.abs(plain["current_ampere"])}
    one_way["current_ampere"] = np.where(rests, 0.0, one_way["current_ampere"])
    restarts = plain["current_ampere"] * np.where(count < 7000, 1e-4, 1.0)
    return {
        "plain": plain,
        "longer than a stretch": slow,
        "drops": plain | {"voltage_volt": drops},
        "stands still": plain | {"voltage_volt": still},
        "one way": plain | one_way,
        "one way at first": plain
        | {name: np.where(count < 9000, one_way[name], plain[name]) for name in one_way},
        "noise at first": plain | {"current_ampere": restarts},
        "few samples": cycled(half=4, halves=2500),
    }


@pytest.mark.parametrize("name", long_records())
def test_stretch_by_stretch(name):
    columns = long_records()[name]
    watched, _ = fed(columns)
    for cuts in ((), (4096, 5000), range(0, 20_000, 977)):
        stream = CellStream()
        for chunk in chunks(columns, cuts):
            stream.feed("r", chunk)
        assert bits(stream) == bits(watched)
        np.testing.assert_array_equal(stream.records["r"].tallies, watched.records["r"].tallies)
        assert stream.reversed == watched.reversed


BORDERS = (1024, 4096, 8192, 32_768)
"""Where what is taken up at once begins and ends."""


def troubled(seed):
    """Samples that are out of order, missing or strange where stretches and blocks meet."""
    rng = np.random.default_rng(seed)
    half = int(rng.choice([4, 60, 700, 5000, 40_000]))
    columns = cycled(half=half, halves=-(-33_000 // half), seed=seed)
    count = len(columns["voltage_volt"])
    if seed % 3 == 1:  # one way until a border
        until = int(rng.choice(BORDERS))
        for name in ("voltage_volt", "current_ampere"):
            columns[name][:until] = np.abs(columns[name][:until])
    if seed % 4 == 1:
        columns["control_current_ampere"] = columns["current_ampere"].copy()
    if seed % 4 == 2:
        columns["ambient_temperature_celsius"] = 25.0 + rng.standard_normal(count)
    strange = {
        "test_time_second": (np.nan, 0.0, 1e9),
        "voltage_volt": (np.nan, 5.0, -0.1),
        "current_ampere": (np.nan, 0.0, 9e-3),
        "control_current_ampere": (np.nan, 0.0, -1e-3),
        "ambient_temperature_celsius": (np.nan, -273.0),
    }
    for border in BORDERS:
        name = str(rng.choice(sorted(strange.keys() & columns.keys())))
        place = border + int(rng.integers(-5, 3))
        columns[name][place : place + int(rng.integers(1, 9))] = rng.choice(strange[name])
        if rng.random() < 0.3:
            columns["test_time_second"][place:] -= columns["test_time_second"][place - 20]
        if rng.random() < 0.3:
            columns["voltage_volt"][place : place + 40] = columns["voltage_volt"][place - 1]
    return columns


@pytest.mark.parametrize("seed", range(16))
def test_trouble_where_stretches_and_blocks_meet(seed):
    columns, found = troubled(seed), []
    ways = (
        (False, ()),
        (False, BORDERS),
        (False, (4095, 4097, 32_767)),
        (True, range(0, 40_000, 1009)),
    )
    for watchful, cuts in ways:
        stream, meter = CellStream(watchful=watchful), Thermometer()
        for chunk in chunks(columns, cuts):
            stream.feed("r", chunk, meter.take)
        record = stream.records["r"]
        counted = record.tallies.tolist(), record.intake.rows, record.first, stream.reversed
        warmth = meter.clock.tobytes(), meter.state.tobytes(), meter.kept.rows.tobytes()
        found.append((bits(stream), counted, warmth))
    assert found.count(found[0]) == len(found)


@pytest.mark.parametrize("seed", range(6))
def test_temperatures_in_stretches_or_one_by_one(seed):
    columns, meters = spoilt(seed), [Thermometer(), Thermometer()]
    for meter, size in zip(meters, (7, 10**6), strict=True):
        for start in range(0, len(columns["voltage_volt"]), size):
            part = slice(start, start + size)
            time = columns["test_time_second"][part]
            meter.feed(time, columns["ambient_temperature_celsius"][part], len(time))
    one, other = (pack(meter.dump()) for meter in meters)
    assert one == other


@pytest.mark.parametrize("seed", range(0, 10, 2))
def test_columns_that_are_not_there_are_as_columns_of_nothing(seed):
    columns = {name: spoilt(seed)[name] for name in COLUMNS[:3]}
    nothing = np.full(len(columns["voltage_volt"]), np.nan)
    few, all_of_them = CellStream(), CellStream()
    few.feed("r", columns)
    all_of_them.feed("r", columns | dict.fromkeys(COLUMNS[3:], nothing))
    assert pack(few.dump()) == pack(all_of_them.dump())


def test_memory_is_the_open_half_cycle():
    stream = CellStream(watchful=True)
    stream.feed("r", cycled(half=500, halves=40))
    small = stream.records["r"].intake.buffer.size
    stream.feed("r", cycled(half=500, halves=200))
    assert stream.records["r"].intake.buffer.size == small


def test_wrong_samples_are_counted():
    def tallies(name):
        told = fed(RECORDS[name])[0].records["r"].tallies.tolist()
        return dict(zip(("times", "voltages", "backward", "repeated"), told, strict=True))

    assert tallies("plain") == {"times": 0, "voltages": 0, "backward": 0, "repeated": 0}
    assert tallies("missing voltages")["voltages"] == 4
    assert tallies("missing times")["times"] == 4
    assert tallies("clock reset")["backward"] == 1
    assert tallies("out of order")["backward"] == 1
    assert tallies("told twice")["repeated"] == 240


def test_records_that_were_followed_by_many_are_over():
    stream = CellStream()
    for key in range(RECORDS_OPEN + 3):
        stream.feed(key, RECORDS["plain"])
    assert [s.intake is None for s in stream.records.values()].count(True) == 3
    assert stream.feed(0, RECORDS["plain"]) == 0  # too late
    assert {len(part) for part in stream.parts(range(RECORDS_OPEN + 3))} == {8}


@pytest.mark.parametrize("absent", [(), COLUMNS[3:], COLUMNS[4:5]])
def test_a_single_sample_is_staged_as_one_of_many(absent):
    columns = {
        name: np.array([1.5 + place], "f4" if place else "f8")
        for place, name in enumerate(COLUMNS)
        if name not in absent
    }
    used = np.full((len(COLUMNS), 1), 7.0)
    np.testing.assert_array_equal(staged_alone(columns, used), staged(columns))
