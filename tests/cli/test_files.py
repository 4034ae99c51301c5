"""check and convert."""

import numpy as np

import softbreak as sb
from tests.archive.files import write_cell


def test_check_says_what_is_odd(softbreak, tmp_path):
    path = write_cell(tmp_path / "x.csv")
    told = softbreak("check", path)
    assert told.code == 0
    assert "cycling: 240 rows, by bdf" in told.out
    assert "electrode area is not known" in told.out
    assert "electrode area" not in softbreak("check", path, "--area", "1").out


def test_check_of_a_broken_file_is_exit_code_1(softbreak, tmp_path):
    (tmp_path / "x.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    good = write_cell(tmp_path / "y.csv")
    told = softbreak("check", tmp_path / "x.mpr", good, "--json")
    assert told.code == 1
    broken, fine = told.json["files"]
    assert "x.mpr" in broken["error"]
    assert fine["records"][0]["rows"] == 240


def test_convert_keeps_every_number(softbreak, tmp_path):
    path = write_cell(tmp_path / "x.csv")
    for suffix in ("parquet", "csv"):
        told = softbreak("convert", path, "--out", tmp_path / "bdf", "--format", suffix)
        target = tmp_path / "bdf" / f"x.bdf.{suffix}"
        assert (told.code, told.out.strip()) == (0, str(target))
        before, after = sb.read(path).records[0], sb.read(target).records[0]
        for column in before.table.columns:
            np.testing.assert_array_equal(before.array(column), after.array(column))


def test_convert_numbers_the_techniques_of_one_file(softbreak, tmp_path, monkeypatch):
    from softbreak.archive import convert
    from softbreak.data.readers import registry

    path = write_cell(tmp_path / "x.csv")
    (record,) = registry.read(path)
    monkeypatch.setattr(convert.registry, "read", lambda _: [record, record])
    told = softbreak("convert", path, "--out", tmp_path / "bdf", "--json")
    names = ["x_1_cycling.bdf.parquet", "x_2_cycling.bdf.parquet"]
    assert told.json["written"] == [str(tmp_path / "bdf" / name) for name in names]


def test_convert_goes_on_after_a_broken_file_and_never_overwrites_its_source(softbreak, tmp_path):
    (tmp_path / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    path = write_cell(tmp_path / "x.bdf.csv")
    before = path.read_bytes()
    told = softbreak("convert", tmp_path / "broken.mpr", path, "--out", tmp_path, "--format", "csv")
    assert told.code == 1
    assert "take the place of the file itself" in told.err
    assert path.read_bytes() == before


def test_check_tells_the_cells_of_a_manifest_apart_and_takes_their_areas(softbreak, tmp_path):
    for name in ("a", "b"):
        write_cell(tmp_path / f"{name}.csv")
    (tmp_path / "cells.csv").write_text("cell_id,files,area_cm2\none,a.csv,0.5\ntwo,b.csv,0.5\n")
    (report,) = softbreak("check", tmp_path, "--json").json["files"]
    assert len(report["records"]) == 2
    assert not any("area" in finding["sentence"] for finding in report["findings"])


def test_check_of_a_folder_says_what_was_read_left_out_and_joined(softbreak, tmp_path):
    folder = tmp_path / "LPSCl"
    write_cell(folder / "run_1.csv", started=1.7e9)
    write_cell(folder / "run_2.csv", started=1.7e9 + 30_000.0, ohm=450.0)
    (folder / "run_1 - Copy.csv").write_bytes((folder / "run_1.csv").read_bytes())
    (folder / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    (folder / "notes.txt").write_text("pressed twice")
    (folder / "poster.pdf").touch()
    told = softbreak("check", folder, "--area", "1").out
    for said in (
        "run_1.csv: cycling: 240 rows, by bdf, begun 2023-11-14 22:13:20",
        "2 files are one cell by their folder, in the order of their dates: run_1.csv, run_2.csv",
        "run_1 - Copy.csv was left out: the very same bytes as run_1.csv",
        "broken.mpr could not be used",
        "notes.txt was left out: no data: notes",
        "poster.pdf was left out: no data: a document",
    ):
        assert said in told
    assert "nothing odd" not in told


def test_nothing_odd_is_said_of_what_was_looked_at(softbreak, tmp_path):
    path = write_cell(tmp_path / "x.csv")
    assert "nothing odd" in softbreak("check", path, "--area", "1").out


def test_check_says_which_headings_were_read(softbreak, tmp_path):
    rows = "".join(f"{k * 60},0.1,1.0\n" for k in range(30))
    (tmp_path / "x.csv").write_text("Time(s),Voltage(V),Current(mA)\n" + rows)
    (report,) = softbreak("check", tmp_path / "x.csv", "--json").json["files"]
    assert "Current(mA)" in str(report["findings"])
    head = "DataPoint,Step Type,Total Time,Current(mA),Voltage(V)\n"
    rows = "".join(f"{k + 1},CC Chg,00:{k:02d}:00,1.0,0.1\n" for k in range(30))
    (tmp_path / "y.csv").write_text(head + rows)
    (report,) = softbreak("check", tmp_path / "y.csv", "--json").json["files"]
    told = "time from 'Total Time', voltage from 'Voltage(V)', current from 'Current(mA)'"
    assert report["records"][0]["read_from"].startswith(told)
    assert told in softbreak("check", tmp_path / "y.csv").out
