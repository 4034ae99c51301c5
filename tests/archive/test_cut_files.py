"""The same samples say the same in one file and in seven, wherever the cuts lie."""

import functools
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softbreak
from softbreak.archive.triage import triage
from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.live.cell import LiveCell
from softbreak.simulate import simulate
from tests.features.synthetic import cycled

COLUMNS = ["test_time_second", "voltage_volt", "current_ampere"]
STARTED = 1.7e9
MODES = ("dated", "clocks go on", "clocks begin anew")
SHAPES = ("short", "healthy", "simulated 0", "simulated 1", "simulated 2", "rests")


@functools.cache
def samples(shape):
    """A cell's table, and rows at which a cut is most likely to matter."""
    if shape == "short":  # the drop lies exactly between two half-cycles
        table = cycled(lambda h: np.where(h >= 12.0, 41.0, 102.0), cycles=10).records[0].table
        return table[COLUMNS], [720, 719, 721]
    if shape == "healthy":
        return cycled(lambda h: 102.0 + 0.1 * h, cycles=8).records[0].table[COLUMNS], [60, 120]
    if shape == "rests":
        table = cycled(lambda h: np.where(h >= 9.5, 50.0, 100.0), cycles=8).records[0].table.copy()
        rest = table.index.to_numpy() % 60 >= 45
        table.loc[rest, ["voltage_volt", "current_ampere"]] *= 0.0
        return table[COLUMNS], [45, 50, 60, 570, 585]
    records, _ = simulate(8, seed=11, cycles=8, faulty=0.9)
    whole = [r.table for r in records if r.technique is Technique.CYCLING and len(r.table) > 500]
    table = whole[int(shape[-1])][COLUMNS]
    moved = np.flatnonzero(np.diff(np.sign(table["current_ampere"])) != 0) + 1
    return table.reset_index(drop=True), moved.tolist()


def cut(table, places, mode):
    """The table in pieces, each on its own clock."""
    edges = [0, *sorted({p for p in places if 8 <= p <= len(table) - 8}), len(table)]
    edges = [a for k, a in enumerate(edges) if not k or a - edges[k - 1] >= 2]
    edges[-1] = len(table)
    for a, b in pairwise(edges):
        part = table.iloc[a:b].reset_index(drop=True)
        if mode == "dated":
            part = part.assign(unix_time_second=part["test_time_second"] + STARTED)
        if mode != "clocks go on":
            begun = part["test_time_second"].iloc[0]
            part = part.assign(test_time_second=part["test_time_second"] - begun)
        yield part


def written(folder, table, places, mode, stem):
    folder.mkdir(parents=True)
    for k, part in enumerate(cut(table, places, mode), start=8):
        part.to_csv(folder / f"{stem.format(k)}.csv", index=False)
    return folder


def said(diagnosis):
    verdicts = diagnosis.verdicts
    states = list(zip(verdicts["cycle_index"], verdicts["state"], strict=True))
    return states, diagnosis.summary["state"], diagnosis.summary["onset_cycle"]


@functools.cache
def whole(shape):
    table, _ = samples(shape)
    record = Record(Cell(), Technique.CYCLING, table, Source("x.csv"))
    return said(softbreak.examine(assemble(Cell("x"), [record])))


def places_of(shape):
    table, special = samples(shape)
    anywhere = st.integers(8, len(table) - 8)
    return st.lists(st.one_of(st.sampled_from(special), anywhere), min_size=1, max_size=6)


def test_the_shapes_are_what_they_are_called():
    assert whole("short")[1:] == ("soft", 6)
    assert whole("healthy")[1] == "healthy"
    assert whole("rests")[1] != "healthy"


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=6, deadline=None)
@given(st.data())
def test_any_cuts(shape, data):
    places = data.draw(places_of(shape))
    mode = data.draw(st.sampled_from(MODES))
    stem = data.draw(st.sampled_from(["run_{}", "{:02d}_GCPL", "LPSCl part{}"]))
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder, "x"), samples(shape)[0], places, mode, stem)
        assert said(softbreak.examine(softbreak.read(path))) == whole(shape)


@pytest.mark.parametrize("mode", MODES)
def test_triage_and_diagnose_agree_and_say_how_files_were_joined(tmp_path, mode):
    table, special = samples("short")
    path = written(tmp_path / "x", table, [*special, 300, 1000], mode, "LPSCl_{:02d}_GCPL")
    result = triage(tmp_path, tmp_path / "out", workers=0)
    (diagnosis,) = result.diagnoses()
    assert said(diagnosis) == whole("short")
    assert said(softbreak.examine(softbreak.read(path))) == whole("short")
    (told,) = result.run["joined"]
    assert told["cell_id"] == "x"
    assert ("their dates" if mode == "dated" else "their names") in told["told"]
    assert told["told"] in [finding.sentence for finding in diagnosis.findings]


@pytest.mark.parametrize("shape", ["short", "rests"])
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=4, deadline=None)
@given(st.data())
def test_a_watch_says_the_same(shape, mode, data):
    places = data.draw(places_of(shape))
    parts = list(cut(samples(shape)[0], places, mode))
    records = [
        Record(
            Cell(),
            Technique.CYCLING if part["current_ampere"].any() else Technique.REST,
            part,
            Source(f"run_{k}.csv"),
        )
        for k, part in enumerate(parts)
    ]
    history = assemble(Cell("x"), records)
    live, size = LiveCell(history.cell), data.draw(st.integers(20, 500))
    if data.draw(st.booleans()):
        live.update(records[::-1])  # all at once, in any order
    else:
        for record in records:
            for start in range(0, record.rows, size):
                table = record.table.iloc[start : start + size]
                live.update([Record(Cell(), record.technique, table, record.source)])
                live = LiveCell.load(live.dump())
    live.finish()
    expected = softbreak.diagnose(history)
    pd.testing.assert_frame_equal(live.verdicts, expected, check_exact=True)


def test_a_change_between_files_that_do_not_follow_is_no_event(tmp_path):
    table, _ = samples("short")
    first, second = (part.drop(columns="unix_time_second") for part in cut(table, [720], "dated"))
    (tmp_path / "x").mkdir()
    first.to_csv(tmp_path / "x" / "LLZO_10.csv", index=False)
    second.to_csv(tmp_path / "x" / "LLZO_20.csv", index=False)
    diagnosis = softbreak.examine(softbreak.read(tmp_path / "x"))
    assert not set(diagnosis.verdicts["state"]) & {"soft", "hard"}
    assert "mixed-cells" in [finding.topic for finding in diagnosis.findings]
