"""The example archive: what it is made of, and what softbreak says of it."""

import filecmp
import runpy
from pathlib import Path

import pytest

from softbreak.archive.triage import triage

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return triage(EXAMPLES / "archive", tmp_path_factory.mktemp("out"), workers=0)


def test_the_script_makes_the_archive_that_is_shipped(tmp_path, monkeypatch):
    script = runpy.run_path(str(EXAMPLES / "make_archive.py"))
    monkeypatch.setitem(script["main"].__globals__, "ARCHIVE", tmp_path / "archive")
    script["main"]()
    shipped = [path for path in (EXAMPLES / "archive").rglob("*") if path.is_file()]
    assert len(shipped) == len([p for p in (tmp_path / "archive").rglob("*") if p.is_file()])
    for path in shipped:
        if path.suffix == ".parquet":
            continue  # holds the version of the library that wrote it
        made = tmp_path / "archive" / path.relative_to(EXAMPLES / "archive")
        assert filecmp.cmp(path, made, shallow=False), path.name
    assert sum(path.stat().st_size for path in shipped) < 1.5e6


def test_what_was_put_in_is_found(result):
    states = dict(zip(result.cells["cell_id"], result.cells["state"], strict=True))
    assert states == {
        "LPSCl-healthy": "healthy",
        "LLZO-healthy": "healthy",
        "LGPS-soft": "soft",
        "LPSCl-telegraph": "soft",
        "LPSCl-hard": "hard",
        "LPS-one-way": "hard",
        "LPSCl-slow-decline": "undetermined",
    }


def test_onsets_are_where_they_were_put(result):
    onset = dict(zip(result.cells["cell_id"], result.cells["onset_time_second"], strict=True))
    assert onset["LPSCl-hard"] == pytest.approx(37.6 * 3600, abs=240)
    assert onset["LPS-one-way"] == pytest.approx(5200, abs=10)
    # This cell's life begins with the spectrum, 4 h before its cycling.
    assert onset["LGPS-soft"] == pytest.approx((4 + 31.4) * 3600, abs=240)


def test_the_broken_file_and_the_notes_are_told(result):
    assert list(result.failures["path"]) == ["interrupted_copy.ndax"]
    assert [row["path"] for row in result.run["skipped"]] == ["LGPS_soft/notes.txt"]


def test_every_technique_was_read(result):
    by_cell = {d.cell.cell_id: set(d.sources["technique"]) for d in result.diagnoses()}
    assert by_cell["LGPS-soft"] == {"cycling", "voltammetry", "impedance"}
    assert by_cell["LLZO-healthy"] == {"cycling", "voltammetry", "impedance"}


def test_areas_come_from_the_manifest(result):
    assert {d.cell.area_cm2 for d in result.diagnoses()} == {0.785}
