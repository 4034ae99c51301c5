"""The cells: the same bits each time, no truth where it is hidden, nothing that gives it away."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import softbreak
from softbreak.bench.cells import cells_of
from softbreak.bench.editions import EDITIONS, LEVELS, PARTS, Edition, seed_of
from softbreak.bench.files import DIALECTS, plain_table, spoiled, write_files
from softbreak.bench.make import edition_of, make
from softbreak.data.record import Technique
from softbreak.errors import SoftbreakError
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.records import block_records


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "entries" not in path.parts
    }


@pytest.fixture(scope="module")
def records() -> list[softbreak.Record]:
    recipe = Recipe(1, 5, cycles=4, every=2, interval=120.0)
    return block_records(make_block(recipe, np.array([3])), 0)


def test_is_the_same_bits_each_time(tiny: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "again", EDITIONS["tiny"])
    one, other = _hashes(again), _hashes(tiny)
    assert one
    assert {name: other[name] for name in one} == one


def test_hidden_truth_is_not_written(tiny: Path) -> None:
    assert (tiny / "published-a" / "truth.csv").exists()
    assert (tiny / "published-c" / "truth.csv").exists()
    assert not list((tiny / "hidden").rglob("truth*"))
    assert not list((tiny / "hidden").rglob("*.npz"))
    for path in (tiny / "hidden").rglob("*.csv"):
        assert "telegraph" not in path.read_text("latin-1")


def test_truth_begins_with_the_first_cycle_of_the_files(tiny: Path) -> None:
    for part in ("published-a", "published-c"):
        truth = pd.read_csv(tiny / part / "truth.csv")
        for name, known in truth.groupby("cell_id"):
            plain = pd.read_csv(tiny / part / "plain" / f"{name}.csv")
            assert plain["cycle"].min() >= 0  # 0 is a rest between two blocks of cycles
            cycled = plain.loc[plain["cycle"] > 0, "cycle"]
            assert cycled.min() == known["cycle_index"].min() == 1
            assert cycled.max() <= known["cycle_index"].max()
            row = known[known["cycle_index"] == 2].iloc[0]
            flows = plain["current_a"].abs() > 0.2 * plain["current_a"].abs().median()
            inside = plain.loc[(plain["cycle"] == 2) & flows, "time_s"]  # a rest may follow
            assert inside.min() >= row["start_time_second"] - 1.0
            assert inside.max() <= row["end_time_second"] + 1.0


def test_every_cell_can_be_read_from_its_files(tiny: Path) -> None:
    for part in PARTS:
        for cell in sorted((tiny / part.name / "cells").iterdir()):
            history = softbreak.read(cell, cell_id=cell.name)
            assert history.of(Technique.CYCLING)
            assert history.cell.configuration == "symmetric"


def test_seeds_differ_and_were_not_learnt_from() -> None:
    seeds = [seed_of(part) for part in PARTS]
    assert len(set(seeds)) == len(PARTS)
    assert min(seeds) >= 1000


def test_levels_share_the_cells_of_a_set() -> None:
    edition = EDITIONS["full"]
    assert sum(edition.counts) == 1000
    assert sum(EDITIONS["laptop"].counts) == 60
    for part in PARTS:
        recipes = edition.recipes(part)
        assert [level.name for level, _ in recipes] == [level.name for level in LEVELS]
        assert sum(recipe.count for _, recipe in recipes) == edition.count(part)


def test_a_folder_that_holds_something_is_refused(tiny: Path) -> None:
    with pytest.raises(SoftbreakError, match="not empty"):
        make(tiny, EDITIONS["tiny"])


def test_another_version_is_refused(tiny: Path, tmp_path: Path) -> None:
    shutil.copy(tiny / "benchmark.json", tmp_path)
    told = (tmp_path / "benchmark.json").read_text().replace("bench-1", "bench-0")
    (tmp_path / "benchmark.json").write_text(told)
    with pytest.raises(SoftbreakError, match="make it anew"):
        edition_of(tmp_path)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_say_what_was_measured(
    dialect: str, records: list[softbreak.Record], tmp_path: Path
) -> None:
    write_files(records, tmp_path / "cell", dialect, cut=False)
    history = softbreak.read(tmp_path / "cell")
    found = history.of(Technique.CYCLING)
    rows = sum(len(record.table) for record, _ in found)
    wanted = plain_table(records)
    assert rows == len(wanted)
    current = np.concatenate([record.array("current_ampere") for record, _ in found])
    voltage = np.concatenate([record.array("voltage_volt") for record, _ in found])
    assert np.sign(np.round(current, 6)).tolist() == pytest.approx(
        np.sign(np.round(wanted["current_a"], 6)).tolist(), abs=1.0
    )
    np.testing.assert_allclose(np.median(np.abs(current)), wanted["current_a"].abs().median(), 1e-3)
    np.testing.assert_allclose(voltage, wanted["voltage_v"], atol=2e-6)


def test_spoiling_splits_freezes_and_cuts(records: list[softbreak.Record], tmp_path: Path) -> None:
    none = dict.fromkeys(("frozen", "frozen_at", "split", "split_at"), 0.99)
    assert len(spoiled(records, none)) == len(records)
    split = spoiled(records, none | {"split": 0.0, "split_at": 0.5})
    assert len(split) > len(records)
    assert len(plain_table(split)) == len(plain_table(records))
    frozen = plain_table(spoiled(records, none | {"frozen": 0.0, "frozen_at": 0.0}))
    assert frozen[frozen["cycle"] == 1]["voltage_v"].nunique() == 1
    whole = write_files(split, tmp_path / "a", "arbin", cut=False)[-1].read_bytes()
    cut = write_files(split, tmp_path / "b", "arbin", cut=True)[-1].read_bytes()
    assert whole.startswith(cut)
    assert len(cut) < len(whole)


def test_names_counts_and_headers_tell_nothing() -> None:
    """A model on all that is no measurement does not beat its own chance on other cells."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score

    edition, part = Edition("leak", (0, 120, 0), 6, 3), PARTS[1]
    rows, broken = [], []
    for cell in cells_of(edition, part):
        about = cell.about
        rows.append(
            {
                "number": int(cell.name[-4:]),
                "files": len(cell.records),
                "dialect": list(DIALECTS).index(cell.dialect),
                "cut": cell.cut,
                "columns": len(cell.records[-1].table.columns),
                "area": about.area_cm2 or 0.0,
                "sigma": about.ionic_conductivity_s_per_cm or 0.0,
                "thickness": about.electrolyte_thickness_um or 0.0,
                "sodium": about.electrode == "Na",
                "rows": len(plain_table(cell.records)),
            }
        )
        broken.append(bool((cell.truth["family"] != "healthy").any()))
    model = RandomForestClassifier(200, random_state=0, min_samples_leaf=3)
    auc = cross_val_score(model, pd.DataFrame(rows), np.array(broken), cv=5, scoring="roc_auc")
    assert 0.35 < auc.mean() < 0.65
