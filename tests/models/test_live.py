"""A live cell says what the batch says, whatever the chunks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softbreak as sb
from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import SoftbreakError
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell
from softbreak.models.live.changes import Kind
from softbreak.simulate.faults import FAMILIES
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from tests.features.streams import nasty
from tests.features.synthetic import cycled


@pytest.fixture(scope="module")
def population():
    """One cell of every family, and one that has everything."""
    found = {}
    for block in blocks(Recipe(80, 12, "a", "train", cycles=10, faulty=0.9)):
        for position in range(block.cells.size):
            family = str(block.plan.family[position])
            if family not in found:
                records = block_records(block, position)
                found[family] = assemble(describe(block, position), records)
    assert set(found) == set(FAMILIES)
    return found


def pieces(history, sizes):
    """Records in chunks of the given numbers of rows, over and over."""
    number = 0
    for record in history.records:
        start = 0
        while start < len(record.table):
            stop = start + sizes[number % len(sizes)]
            yield replace(record, table=record.table.iloc[start:stop])
            start, number = stop, number + 1


def lived(history, sizes, detector="fused", *, stored=0):
    """Feed a history; return the cell and what its changes add up to."""
    live, rows, changes = LiveCell(history.cell, detector), {}, []
    for number, piece in enumerate(pieces(history, sizes)):
        changes += live.update([piece])
        if stored and number % stored == 0:
            live = LiveCell.load(live.dump())
    changes += live.finish()
    for change in changes:
        if change.kind is Kind.VERDICT:
            assert change.revised == (change.cycle_index in rows)
            rows[change.cycle_index] = change.row
        elif change.kind is Kind.REMOVED:
            del rows[change.cycle_index]
    return live, [rows[key] for key in sorted(rows)], changes


def assert_batch(history, sizes, detector="fused", **details):
    expected = examine(history, detector).verdicts
    live, told, changes = lived(history, sizes, detector, **details)
    pd.testing.assert_frame_equal(live.verdicts, expected, check_exact=True)
    assert list(map(repr, told)) == list(map(repr, expected.to_dict("records")))
    return live, changes


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family(population, family):
    assert_batch(population[family], (190, 7, 55))


@pytest.mark.parametrize("detector", ["voltage", "hybrid", "cv-hardened", "eis"])
def test_every_kind_of_detector(population, detector):
    assert_batch(population["prelude"], (400,), detector)


SIZES = st.lists(st.integers(20, 900), min_size=1, max_size=6)


@settings(max_examples=6, deadline=None)
@given(
    st.sampled_from(FAMILIES),
    SIZES,
    st.integers(0, 3),
)
def test_any_chunks_and_any_restart(population, family, sizes, stored):
    assert_batch(population[family], sizes, stored=stored)


@pytest.mark.parametrize("name", sorted(nasty()))
@pytest.mark.parametrize(("sizes", "stored"), [((1,), 0), ((1,), 5), ((17, 3), 5)])
def test_nasty_records(name, sizes, stored):
    table = pd.DataFrame(nasty()[name])
    record = Record(Cell(), Technique.CYCLING, table, Source("n.csv"))
    assert_batch(assemble(Cell("n"), [record]), sizes, stored=stored)


def test_files_cut_in_the_middle():
    whole = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0)).records[0]
    parts = [
        replace(
            whole, table=whole.table.iloc[a:b].reset_index(drop=True), source=Source(f"{a}.csv")
        )
        for a, b in ((0, 333), (333, 1111), (1111, 2400))
    ]
    assert_batch(assemble(Cell("cut"), parts), (50,))


def test_a_file_that_comes_late_finds_its_place(population):
    history = population["hard"]
    live = LiveCell(history.cell, "fused")
    for record in history.records[::-1]:
        live.update([record])
    live.finish()
    expected = examine(history, "fused").verdicts
    pd.testing.assert_frame_equal(live.verdicts, expected, check_exact=True)


def test_cycles_come_one_by_one_and_are_not_taken_back():
    history = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0))
    _, changes = assert_batch(history, (10,))
    told = [change for change in changes if change.kind is Kind.VERDICT]
    assert [change.cycle_index for change in told if not change.revised] == list(range(20))
    # the first one is healthy as soon as a second one agrees
    assert [change.cycle_index for change in changes if change.revised] == [0]
    assert told[0].row["state"] == "undetermined"


def test_a_drop_is_warned_of_before_the_half_cycle_ends():
    history = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0))
    _, _, changes = lived(history, (1,))
    warning, end = [c for c in changes if c.kind is not Kind.VERDICT]
    assert (warning.kind, end.kind) == (Kind.WARNING, Kind.CONFIRMED)
    assert warning.time_second == 20.55 * 3600
    assert warning.cycle_index == 10
    assert warning.row["reason"] == "drop"
    assert "within one sample" in warning.row["sentence"]


def test_a_full_cell_gets_no_warnings():
    history = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0), cell=Cell("f", "full"))
    _, _, changes = lived(history, (30,))
    assert {change.kind for change in changes} == {Kind.VERDICT}


def test_what_looked_like_one_way_plating_is_removed():
    history = cycled(lambda h: 100.0 + 0 * h, cycles=2, half_hour=10.0)
    _, changes = assert_batch(history, (20,))
    assert Kind.REMOVED in {change.kind for change in changes}


def test_counts_and_words():
    live, _, _ = lived(cycled(lambda h: 100.0 + 0 * h, cycles=3), (40,))
    assert live.counts["samples"] == 360
    assert live.counts["records"] == 1
    assert live.counts["half_cycles"] == 5  # and the one that was running
    assert repr(live) == "<LiveCell cell: 360 samples, 3 verdicts by fused>"


def test_damaged_memory_is_refused():
    stored = LiveCell(Cell("a"), "fused").dump()
    assert LiveCell.load(stored).cell == Cell("a")
    with pytest.raises(SoftbreakError):
        LiveCell.load(stored[:-20])


def test_memory_is_small():
    live, _, _ = lived(cycled(lambda h: 100.0 + 0 * h, cycles=200), (500,))
    assert len(live.dump()) < 400 * 700  # 400 half-cycles


def test_watcher():
    watcher = sb.Watcher("fused", [Cell("a", area_cm2=0.785)])
    history = cycled(lambda h: np.where(h >= 2.55, 60.0, 100.0), cycles=5)
    for piece in pieces(history, (100,)):
        for name in ("a", "b"):
            watcher.update((name, [piece]))
    watcher.finish()
    assert list(watcher) == ["a", "b"]
    assert watcher["a"].cell.area_cm2 == 0.785
    assert watcher.verdicts["cell_id"].to_list() == ["a"] * 5 + ["b"] * 5
    assert repr(watcher) == "<Watcher of 2 cells, judged by fused>"
    with pytest.raises(SoftbreakError, match="no detector"):
        sb.Watcher("divination")
