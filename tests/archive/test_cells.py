"""One history a cell, with a manifest and without."""

import pytest

from softbreak.archive.inputs.cells import cells_of
from softbreak.errors import ReadError
from tests.archive.files import write_cell


def test_a_file_is_a_cell(tmp_path):
    path = write_cell(tmp_path / "x.csv")
    (cell,) = cells_of([path], {"area_cm2": 2.0, "porosity": None})
    assert (cell.cell.cell_id, cell.cell.area_cm2, cell.cell.porosity) == ("x", 2.0, None)


def test_several_files_are_one_cell(tmp_path):
    files = [write_cell(tmp_path / "a.csv"), write_cell(tmp_path / "b.csv", ohm=400.0)]
    (cell,) = cells_of(files, {})
    assert len(cell.records) == 2


def test_an_archive_holds_the_cells_of_its_manifest(tmp_path):
    write_cell(tmp_path / "a.csv")
    write_cell(tmp_path / "b.csv")
    write_cell(tmp_path / "stray.csv")
    (tmp_path / "cells.csv").write_text(
        "cell_id,files,area_cm2,pressure_mpa\none,a.csv,0.5,7\ntwo,b.csv,,\n"
    )
    one, two = cells_of([tmp_path], {"pressure_mpa": None})
    assert (one.cell.cell_id, one.cell.area_cm2, one.cell.pressure_mpa) == ("one", 0.5, 7.0)
    assert (two.cell.cell_id, two.cell.area_cm2) == ("two", None)
    assert cells_of([tmp_path], {"area_cm2": 1.0})[0].cell.area_cm2 == 1.0


def test_a_manifest_that_names_nothing_is_refused(tmp_path):
    write_cell(tmp_path / "a.csv")
    (tmp_path / "cells.csv").write_text("cell_id,files\none,elsewhere/*.csv\n")
    with pytest.raises(ReadError, match="names no file"):
        cells_of([tmp_path], {})
