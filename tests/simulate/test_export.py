"""What is written is what our own readers read."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers.registry import read
from softbreak.data.record import Cell, Technique
from softbreak.simulate.export import WRITERS, write_cell
from softbreak.simulate.records import simulate


@pytest.fixture(scope="module")
def records():
    """One cell with rests, voltammetry, spectra and logged temperature."""
    for seed in range(20):
        found, _ = simulate(1, seed=seed, cycles=6, every=3)
        tables = [r.table for r in found if r.technique is Technique.CYCLING]
        rests = any((t["control_current_ampere"] == 0).any() for t in tables)
        if rests and "ambient_temperature_celsius" in tables[0]:
            return found
    raise AssertionError("no such cell among 20 seeds")


@pytest.mark.parametrize("style", WRITERS)
def test_files_come_back_as_they_were(records, style, tmp_path):
    paths = write_cell(records, tmp_path, style)
    back = [one for path in paths for one in read(path)]
    ours, theirs = assemble(Cell("x"), records), assemble(Cell("x"), back)
    assert [r.technique for r in theirs.records] == [r.technique for r in ours.records]
    for a, b, at, bt in zip(ours.records, theirs.records, ours.clocks, theirs.clocks, strict=True):
        if a.technique is Technique.IMPEDANCE:
            assert bt[0] == pytest.approx(at[0], abs=0.01)
            columns = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
        else:
            assert np.abs(at - bt).max() < 0.01
            columns = ("voltage_volt", "current_ampere")
        for name in columns:
            largest = np.abs(a.array(name)).max()
            assert np.abs(a.array(name) - b.array(name)).max() < 2e-5 * largest + 1e-6, name


def test_neware_keeps_temperature_and_labels(records, tmp_path):
    paths = write_cell(records, tmp_path, "neware")
    mine = next(path for path in paths if path.suffix == ".csv")
    text = mine.read_text(encoding="utf-8")
    assert {"CC Chg", "CC DChg", "Rest"} <= {line.split(",")[3] for line in text.splitlines()}
    (record,) = read(mine)
    assert "ambient_temperature_celsius" in record.table


def test_eclab_writes_minus_imaginary(records, tmp_path):
    paths = write_cell(records, tmp_path, "eclab")
    spectrum = next(path for path in paths if "PEIS" in path.name)
    lines = spectrum.read_bytes().decode("latin-1").splitlines()
    count = int(lines[1].split(":")[1])
    head = lines[count - 1].split("\t")
    first = dict(zip(head, map(float, lines[count].split("\t")), strict=True))
    record = next(r for r in records if r.technique is Technique.IMPEDANCE)
    expected = -record.array("imaginary_impedance_ohm")[0]
    assert first["-Im(Z)/Ohm"] == pytest.approx(expected, rel=1e-5)


def test_truth_never_stands_in_the_files(records, tmp_path):
    for style in WRITERS:
        for path in write_cell(records, tmp_path / style, style):
            for one in read(path):
                assert not {"eta", "state", "family", "keep"} & set(one.table.columns)
