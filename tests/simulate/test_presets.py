"""Archives on disk."""

from __future__ import annotations

import csv
import hashlib

import pandas as pd
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError
from softbreak.simulate.population import Recipe
from softbreak.simulate.presets import SimulationError, write_preset

TRUTH = [
    "cell_id",
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "eta",
    "state",
    "transient_short",
    "ever_short",
    "family",
    "chemistry",
    "laws",
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demonstration archive."""
    out = tmp_path_factory.mktemp("demo")
    seen = []
    written = write_preset(
        "demo", out, seed=1, progress=lambda done, total: seen.append((done, total))
    )
    return out, written, seen


def test_demo_holds_the_papers_cells_and_healthy_and_confounded_ones(demo):
    out, written, seen = demo
    truth = pd.read_parquet(out / "truth.parquet")
    cells = pd.read_parquet(out / "truth_cells.parquet").set_index("cell_id")
    assert {"LGPS", "LPSCl"} <= set(cells.index)
    assert (cells["family"] == "healthy").sum() >= 5
    assert cells.loc[cells["family"] == "healthy", "temperature_step"].any()
    assert set(TRUTH) <= set(truth.columns)
    assert set(truth["state"]) == {"healthy", "soft", "hard"}
    assert seen[-1] == (written.n_cells, written.n_cells) == (len(cells), len(cells))


def test_demo_is_small_and_one_file_cannot_be_read(demo):
    out, written, _ = demo
    files = [f for f in (out / "archive").rglob("*") if f.is_file() and f.name != "cells.csv"]
    assert sum(f.stat().st_size for f in files) < 3e6
    assert len(files) == written.n_files
    broken = []
    for file in files:
        try:
            assert read(file)
        except ReadError:
            broken.append(file.name)
    assert broken == ["01_GCPL.mpr"]
    assert {f.suffix for f in files} == {".mpt", ".csv", ".parquet", ".mpr"}


def test_manifest_names_every_cell_and_its_files(demo):
    out, written, _ = demo
    with (out / "archive" / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == written.n_cells
    for row in rows:
        assert list((out / "archive").glob(row["files"]))
        assert float(row["area_cm2"]) > 0.0


def test_an_archive_is_never_overwritten(demo):
    with pytest.raises(SimulationError, match="not empty"):
        write_preset("demo", demo[0])


def test_unknown_presets_are_named(tmp_path):
    with pytest.raises(SimulationError, match="no preset 'lab'; there are paper, demo"):
        write_preset("lab", tmp_path)


def test_a_population_is_the_same_bytes_on_any_number_of_workers(tmp_path):
    recipe = Recipe(6, seed=3, cycles=4, every=4, block=2)
    digests = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        write_preset("population", out, recipe=recipe, workers=workers)
        files = sorted(f for f in out.rglob("*") if f.is_file())
        digests.append(
            [(f.relative_to(out), hashlib.sha256(f.read_bytes()).hexdigest()) for f in files]
        )
    assert digests[0] == digests[1]
    truth = pd.read_parquet(tmp_path / "1" / "truth.parquet")
    assert truth.groupby("cell_id").size().tolist() == [4] * 6


@pytest.mark.parametrize("preset", ["paper", "techniques"])
def test_other_presets_can_be_read_back(preset, tmp_path):
    written = write_preset(preset, tmp_path, seed=2)
    files = [f for f in written.archive.rglob("*") if f.is_file() and f.name != "cells.csv"]
    assert all(read(file) for file in files)
    assert len(pd.read_parquet(written.truth)) == written.n_cycles
