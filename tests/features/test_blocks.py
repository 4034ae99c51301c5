"""Parquet to features in blocks: the same bits whatever the blocks, and as a live cell has them."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.errors import ReadError
from softbreak.features.blocks import half_cycle_blocks, measured
from softbreak.features.cutter import HalfCycleCutter
from softbreak.features.families.voltage import NAMES, half_cycle_features
from softbreak.features.half_cycles.samples import (
    FREE,
    IMPOSED,
    TIME,
    VOLTAGE,
    WARMTH,
    Intake,
    staged,
)


def recorded(seed, *, rows=6000, kind="plain"):
    """A record with half-cycles of all lengths, and whatever goes wrong in one."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 700, size=rows // 100)
    sign = np.repeat(np.where(np.arange(len(lengths)) % 2, -1.0, 1.0), lengths)[:rows]
    if kind == "rests":
        sign[np.arange(len(sign)) // 40 % 9 == 4] = 0.0
    n = len(sign)
    time = np.cumsum(rng.choice([1.0, 10.0, 0.0], n, p=[0.6, 0.3, 0.1]))
    voltage = sign * (0.1 + 0.01 * rng.random(n)) + 1e-4 * rng.standard_normal(n)
    current = 1e-3 * sign * (1.0 + 1e-4 * rng.standard_normal(n))
    columns = {"voltage_volt": voltage, "current_ampere": current}
    if kind == "wrong":
        hit = rng.integers(10, n - 10, size=12)
        time[hit[:2]] -= 50.0
        voltage[hit[2:4]] = np.nan
        current[hit[4:7]] = [0.5, np.nan, np.inf]
        time[hit[7] :] -= time[hit[7]]  # the clock begins anew
        time[hit[8]] = np.nan
    if kind == "spikes":
        current[rng.integers(10, n - 10, size=20)] = 0.05
    if kind == "imposed":
        columns["control_current_ampere"] = np.where(rng.random(n) < 0.9, 1e-3 * sign, np.nan)
        columns["control_voltage_volt"] = np.where(np.arange(n) // 500 % 4 == 3, 0.1, np.nan)
        columns["control_current_ampere"][np.arange(n) // 500 % 4 == 3] = np.nan
        columns["ambient_temperature_celsius"] = 25 + rng.standard_normal(n)
    if kind == "still":
        time[:] = 0.0
    return {"test_time_second": time, **columns}


NEEDED = ("test_time_second", "voltage_volt", "current_ampere")
KINDS = ("plain", "rests", "wrong", "spikes", "imposed", "still")


def cut_up(columns, edges, longest=10**9):
    """Feed a record in chunks; return cuts, spans and features."""
    cutter = HalfCycleCutter(longest)
    parts = []
    for a, b in pairwise(edges):
        parts.append(measured(cutter.feed({k: v[a:b] for k, v in columns.items()})))
    parts.append(measured(cutter.finish()))
    return [np.concatenate(x) for x in zip(*parts, strict=True)]


def one_by_one(columns):
    """Cuts and features by way of the intake of live cells, sample for sample."""
    intake, cuts, rows = Intake(), [], []

    def take(pieces):
        for start, stop, sign, length in pieces:
            part = intake.buffer[:, start:stop]
            if sign and part[FREE].any():
                end = stop + int(intake.marks[2])
                cuts.append((end - length, end, sign))
                whole = np.array([0]), np.array([stop - start]), np.array([sign])
                arrays = (part[TIME], part[VOLTAGE], part[IMPOSED], part[WARMTH])
                rows.append(half_cycle_features(*arrays, *whole)[0])

    for k in range(len(columns["voltage_volt"])):
        take(intake.feed(staged({name: v[k : k + 1] for name, v in columns.items()})))
        intake.trim()
    take(intake.rest_of_it())
    return np.array(cuts), np.array(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_tell_what_a_live_cell_tells_sample_by_sample(kind):
    columns = recorded(1, rows=2500, kind=kind)
    cuts, rows = one_by_one(columns)
    n = len(columns["voltage_volt"])
    for edges in ([0, n], [0, 700, 1500, n]):
        found, _, features = cut_up(columns, edges)
        np.testing.assert_array_equal(found, cuts)
        np.testing.assert_array_equal(features, rows)


@given(st.sampled_from(KINDS), st.integers(0, 50), st.lists(st.integers(0, 6000), max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_size_of_the_blocks_changes_nothing(kind, seed, marks):
    columns = recorded(seed, kind=kind)
    n = len(columns["voltage_volt"])
    whole = cut_up(columns, [0, n])
    parts = cut_up(columns, sorted({0, n, *(mark for mark in marks if mark < n)}))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(0, 20), st.lists(st.integers(0, 6000), max_size=12))
@settings(max_examples=30, deadline=None)
def test_a_half_cycle_that_is_too_long_is_measured_in_pieces(seed, marks):
    columns = recorded(seed)
    n = len(columns["voltage_volt"])
    uncut, _, _ = cut_up(columns, [0, n])
    edges = sorted({0, n, *(mark for mark in marks if mark < n)})
    pieces, _, features = cut_up(columns, edges, longest=150)
    expected = [
        (k, min(k + 150, stop), sign)
        for start, stop, sign in uncut.tolist()
        for k in range(start, stop, 150)
    ]
    assert pieces.tolist() == [list(piece) for piece in expected]
    np.testing.assert_array_equal(features, cut_up(columns, [0, n], longest=150)[2])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Single precision, as an archive keeps it, in row groups that fit nothing."""
    columns = recorded(7, rows=20_000)
    n = len(columns["voltage_volt"])
    table = pa.table(
        {
            "unix_time_second": np.arange(n, dtype=np.float64),
            "test_time_second": columns["test_time_second"],
            "voltage_volt": columns["voltage_volt"].astype(np.float32),
            "current_ampere": columns["current_ampere"].astype(np.float32),
            "step_count": np.ones(n, dtype=np.int64),
        }
    )
    path = tmp_path_factory.mktemp("blocks") / "cell.bdf.parquet"
    pq.write_table(table, path, row_group_size=4321, compression="zstd")
    return path


@pytest.mark.parametrize(("rows", "threads"), [(100, 2), (1000, 1), (4096, 3), (10**6, 2)])
def test_a_file_gives_the_same_whatever_the_blocks_and_threads(file, rows, threads):
    table = pd.read_parquet(file)
    columns = {
        k: table[k].to_numpy() for k in ("test_time_second", "voltage_volt", "current_ampere")
    }
    whole = cut_up(columns, [0, len(table)])
    blocks = list(half_cycle_blocks(file, rows=rows, threads=threads))
    for one, other in zip(whole, zip(*blocks, strict=True), strict=True):
        np.testing.assert_array_equal(one, np.concatenate(other))
    assert all(len(block.cuts) for block in blocks)
    starts, stops = whole[0][:, 0], whole[0][:, 1]
    # the clock of this file is in order, so that spans are its own times
    np.testing.assert_array_equal(whole[1][:, 0], columns["test_time_second"][starts])
    np.testing.assert_array_equal(whole[1][:, 1], columns["test_time_second"][stops - 1])


def test_units_integers_and_missing_values(tmp_path):
    n = 300
    table = pa.table(
        {
            "Test Time / s": pa.array(np.arange(n)),
            "Voltage / mV": pa.array([None if k == 5 else 100 for k in range(n)], pa.int32()),
            "Current / mA": pa.array(np.ones(n, dtype=np.float32)),
        }
    )
    pq.write_table(table, tmp_path / "cell.parquet")
    (block,) = half_cycle_blocks(tmp_path / "cell.parquet")
    row = dict(zip(NAMES, block.features[0], strict=True))
    assert row["samples"] == n - 1  # the one without a voltage is left out
    assert row["mean_voltage_volt"] == pytest.approx(0.1)
    assert row["resistance_ohm"] == pytest.approx(100.0)


def test_what_is_no_such_file_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "cell.parquet"
    pq.write_table(pa.table({"voltage_volt": [0.1]}), path)
    with pytest.raises(ReadError, match="no column test_time_second, current_ampere"):
        list(half_cycle_blocks(path))
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ReadError, match="cannot be parsed"):
        list(half_cycle_blocks(path))


def test_a_damaged_row_group_is_an_error_and_leaves_no_thread_waiting(file, tmp_path):
    data = bytearray(file.read_bytes())
    group = pq.ParquetFile(file).metadata.row_group(2)
    place = group.column(2).data_page_offset  # of the voltage
    data[place : place + 400] = bytes(400)
    path = tmp_path / "cell.parquet"
    path.write_bytes(data)
    with pytest.raises(ReadError):
        list(half_cycle_blocks(path, rows=500, threads=3))


def test_whoever_stops_early_gets_away(file):
    blocks = half_cycle_blocks(file, rows=200)
    assert len(next(blocks).cuts)
    blocks.close()


def test_an_empty_file_holds_nothing(tmp_path):
    columns = {
        k: pa.array([], pa.float64())
        for k in ("test_time_second", "voltage_volt", "current_ampere")
    }
    pq.write_table(pa.table(columns), tmp_path / "cell.parquet")
    assert list(half_cycle_blocks(tmp_path / "cell.parquet")) == []
