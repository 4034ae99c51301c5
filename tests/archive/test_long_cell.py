"""Files too long for the memory give the verdicts of files that are read whole, bit for bit."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from softbreak.archive.convert import convert_archive
from softbreak.archive.jobs import cell_job as work
from softbreak.archive.results.triage_result import load_result
from softbreak.archive.triage import triage
from softbreak.data.readers import registry
from softbreak.data.readers.formats import bdf_blocks as blocks
from softbreak.data.readers.formats import chunked as long


@pytest.fixture
def small(monkeypatch):
    """Limits that make every file a long one."""
    monkeypatch.setattr(long, "LONG_ROWS", 100)
    monkeypatch.setattr(long, "LONG_BYTES", 1000)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 97)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5000)


def table(cycles=12, begin=0.0, started=None, seed=1):
    """A cell that shorts; a reset clock, lost rows, a temperature."""
    noise = np.random.default_rng(seed)
    half = np.repeat(np.arange(2 * cycles), 30)
    time = begin + np.arange(1, half.size + 1) * 120.0
    current = np.where(half % 2 == 0, 1e-4, -1e-4)
    ohm = np.where(half > 14, 90.0, 500.0) * (1.0 + 1e-3 * noise.standard_normal(half.size))
    made = {
        "Test Time / s": time,
        "Voltage / V": current * ohm,
        "Current / A": current,
        "ambient_temperature_celsius": np.round(25.0 + np.sin(time / 3000.0), 2),
        "Cycle Count / 1": half // 2,
    }
    if started is not None:
        made["unix_time_second"] = time + started
    frame = pd.DataFrame(made)
    frame.loc[400:, "Test Time / s"] -= 9_000.0
    frame.loc[[130, 333], "Voltage / V"] = np.nan
    return frame


def write_parquet(frame, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    narrow = frame.astype({"Voltage / V": "f4", "Current / A": "f4"})
    pq.write_table(pa.Table.from_pandas(narrow, preserve_index=False), path, **options)


@pytest.fixture
def archive(tmp_path):
    root = tmp_path / "archive"
    write_parquet(table(), root / "one.parquet")
    write_parquet(table(seed=2), root / "groups.parquet", row_group_size=64)
    (root / "text.csv").write_text(table(seed=3).to_csv(index=False), newline="\r\n")
    (root / "late.csv").write_text(table(cycles=80, seed=4).to_csv(index=False).replace(",", ";"))
    for k in range(3):  # of one cell, one after the other
        part = table(begin=k * 100_000.0, started=1.7e9, seed=5 + k)
        write_parquet(part, root / "many" / f"part_{k + 1}.parquet")
    # rows without a current are rest: no half-cycle
    write_parquet(table().assign(**{"Current / A": 0.0}), root / "rest.parquet")
    return root


def test_the_same_bytes_as_from_whole_files(archive, tmp_path, request, monkeypatch):
    triage(archive, tmp_path / "whole", workers=0)
    request.getfixturevalue("small")
    monkeypatch.setattr(work.registry, "read", None)  # nothing is read whole
    triage(archive, tmp_path / "pieces", workers=0)
    for name in ("verdicts", "cells", "failures"):
        one, other = (tmp_path / out / f"{name}.parquet" for out in ("whole", "pieces"))
        assert one.read_bytes() == other.read_bytes(), name
    assert len(load_result(tmp_path / "pieces").cells) == 6


def test_what_is_measured_and_what_is_shown(archive, tmp_path, request):
    wholes = list(triage(archive, tmp_path / "whole", workers=0).diagnoses())
    request.getfixturevalue("small")
    pieces = list(triage(archive, tmp_path / "pieces", workers=0).diagnoses())
    for whole, piece in zip(wholes, pieces, strict=True):
        for name in ("half_cycles", "sources"):
            # the files' own numbers of the cycles are not read in pieces
            one, other = (
                getattr(d, name).drop(columns="file_cycle", errors="ignore") for d in (whole, piece)
            )
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        assert {f.topic for f in whole.findings} == {f.topic for f in piece.findings}
        line, other = (d.trace["voltage_volt"].dropna() for d in (whole, piece))
        assert (line.min(), line.max()) == (other.min(), other.max())
        assert len(piece.trace)
        assert (piece.trace["time_second"].diff().dropna() >= 0.0).all()


def test_converted_archives_in_pieces(archive, tmp_path, request):
    convert_archive(archive, tmp_path / "bdf", workers=0)
    triage(tmp_path / "bdf", tmp_path / "whole", workers=0)
    request.getfixturevalue("small")
    triage(tmp_path / "bdf", tmp_path / "pieces", workers=0)
    for name in ("verdicts", "cells", "failures"):
        one, other = (tmp_path / out / f"{name}.parquet" for out in ("whole", "pieces"))
        assert one.read_bytes() == other.read_bytes(), name


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame.assign(**{"Voltage / V": np.nan}),
        lambda frame: frame.assign(**{"Voltage / V": np.where(frame.index % 20 == 7, np.nan, 1.0)}),
        lambda frame: frame.assign(**{"Current / A": 1e9}),
    ],
)
def test_damage_is_told_as_of_a_whole_file(tmp_path, request, damage):
    path = tmp_path / "cell.parquet"
    damage(table()).to_parquet(path)
    with pytest.raises(registry.ReadError) as whole:
        registry.read(path)
    request.getfixturevalue("small")
    with pytest.raises(registry.ReadError) as piece:
        registry.read_long(path)
    assert str(piece.value) == str(whole.value)


@pytest.mark.parametrize(
    "columns",
    [
        {"ambient_temperature_celsius": np.full(720, 298.15)},
        {"unix_time_second": 1.7e9 + 7200.0 * np.arange(720)},
    ],
    ids=["kelvin", "minutes"],
)
def test_what_its_values_refute_is_read_whole(tmp_path, small, columns):
    """A unit or a clock that is wrong is mended in a whole table only."""
    path = tmp_path / "cell.parquet"
    table().to_parquet(path)
    assert registry.read_long(path) is not None
    table().assign(**columns).to_parquet(path)
    assert registry.read_long(path) is None


def test_what_is_no_plain_series_is_read_whole(tmp_path, small):
    frame = table().assign(frequency_hertz=np.nan)
    frame["real_impedance_ohm"] = frame["imaginary_impedance_ohm"] = np.nan
    frame.to_parquet(tmp_path / "spectra.parquet")
    frame.to_csv(tmp_path / "spectra.csv", index=False)
    (tmp_path / "notes.txt").write_text("a line of notes\n" * 100)
    (tmp_path / "wide.csv").write_text(table().to_csv(index=False), encoding="utf-16")
    (tmp_path / "binary.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a\n\x00\x01" * 100)
    for path in tmp_path.iterdir():
        assert registry.read_long(path) is None, path.name


def test_files_that_ran_at_once_are_several_cells(tmp_path, small):
    for k in range(2):
        write_parquet(table(started=1.7e9, seed=k), tmp_path / "a" / f"part_{k}.parquet")
    result = triage(tmp_path / "a", tmp_path / "out", workers=0)
    assert len(result.cells) == 2
