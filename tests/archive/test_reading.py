import pytest

import softbreak
from softbreak.data.record import Technique
from softbreak.errors import ReadError, SoftbreakError, UnknownFormatError
from tests.archive.files import write_cell


def test_a_file_and_what_is_known_of_its_cell(tmp_path):
    cell = softbreak.read(write_cell(tmp_path / "x.csv"), area_cm2=0.785, electrolyte="LPSCl")
    assert isinstance(cell, softbreak.CellHistory)
    assert (cell.cell.cell_id, cell.cell.area_cm2, cell.cell.electrolyte) == ("x", 0.785, "LPSCl")
    assert cell.records[0].technique is Technique.CYCLING


def test_a_folder_is_one_cell_whatever_its_files_are_called(tmp_path):
    for k, name in enumerate(("cell_1.csv", "cell_2.csv", "EIS/b.csv")):
        write_cell(tmp_path / "C7" / name, ohm=500.0 + k)
    (tmp_path / "C7" / "notes.txt").write_text("hello")
    (tmp_path / "C7" / "poster.pdf").touch()
    cell = softbreak.read(tmp_path / "C7")
    assert cell.cell.cell_id == "C7"
    assert len(cell.records) == 3


def test_several_files_run_on(tmp_path):
    paths = [write_cell(tmp_path / f"{k}.csv", ohm=50.0 * k) for k in (10, 9)]
    cell = softbreak.read(paths)
    assert [record.source.path for record in cell.records] == [str(paths[1]), str(paths[0])]
    assert cell.clocks[1][0] >= cell.clocks[0][-1]


def test_errors(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        softbreak.read(tmp_path / "nothing.csv")
    with pytest.raises(ReadError, match="no data file"):
        softbreak.read(tmp_path)
    (tmp_path / "x.dat").write_bytes(bytes(300))
    with pytest.raises(UnknownFormatError):
        softbreak.read(tmp_path)
    with pytest.raises(SoftbreakError, match="did you mean 'area_cm2'"):
        softbreak.read(write_cell(tmp_path / "a.csv"), aera_cm2=1)


def test_a_damaged_file_in_a_folder_is_warned_of_and_left_out(tmp_path, caplog):
    write_cell(tmp_path / "x.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    cell = softbreak.read(tmp_path)
    assert len(cell.records) == 1
    assert "empty.csv: an empty file" in caplog.text


def test_a_folder_of_damaged_files_is_an_error(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(ReadError, match="an empty file"):
        softbreak.read(tmp_path)


@pytest.mark.parametrize("area", [-1, 0, 1e9, "0.785", float("nan")])
def test_facts_that_no_cell_has_are_refused(tmp_path, area):
    with pytest.raises(SoftbreakError, match="area_cm2 is"):
        softbreak.read(write_cell(tmp_path / "x.csv"), area_cm2=area)
