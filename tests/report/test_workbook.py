"""Results as a workbook: tables with units, numbers as numbers, and nothing that is run."""

import zipfile
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from softbreak.errors import SoftbreakError
from softbreak.report import workbook
from tests.report import cells

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FAILURES = pd.DataFrame(
    {
        "path": ["=cmd|' /C calc'!A0"],
        "stage": ["read"],
        "error": ["http://a.b/"],
        "remedy": ["-1+1"],
    }
)


@pytest.fixture
def book(tmp_path):
    soft = cells.soft()
    ranked = pd.DataFrame([dict(soft.summary) | {"rank": 1, "cell_id": "=1+1"}])
    rows = soft.verdicts.to_dict("records")
    path = workbook.write_workbook(tmp_path / "out" / "r.xlsx", ranked, rows, FAILURES)
    with zipfile.ZipFile(path) as archive:
        yield {name: archive.read(name) for name in archive.namelist()}, soft


def sheet(parts, number):
    return ElementTree.fromstring(parts[f"xl/worksheets/sheet{number}.xml"])


def test_every_sheet_is_a_table_whose_head_stays_in_sight(book):
    parts, soft = book
    assert [name for name in parts if name.startswith("xl/tables/")] == [
        f"xl/tables/table{k}.xml" for k in (1, 2, 3)
    ]
    for number in (1, 2, 3):
        pane = sheet(parts, number).find(f".//{MAIN}pane")
        assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    assert f"A1:P{len(soft.verdicts) + 1}" in parts["xl/tables/table2.xml"].decode()
    for head in ("Onset / h", "P(short) / %", "Charge before the onset / mAh cm⁻²"):
        assert head in parts["xl/tables/table1.xml"].decode()


def test_nothing_is_a_formula_or_a_link(book):
    parts, _ = book
    for number in (1, 2, 3):
        found = sheet(parts, number)
        assert found.find(f".//{MAIN}f") is None
        assert found.find(f".//{MAIN}hyperlink") is None
    texts = parts["xl/sharedStrings.xml"].decode()
    for text in ("=1+1", "-1+1", "http://a.b/"):
        assert f">{text}<" in texts


def test_numbers_are_numbers_and_cycles_count_from_one(book):
    parts, soft = book
    rows = sheet(parts, 2).findall(f".//{MAIN}row")[1:]
    numbers = [
        {c.get("r")[0]: c.find(f"{MAIN}v").text for c in row if c.get("t") != "s"} for row in rows
    ]
    assert [float(row["B"]) for row in numbers] == list(range(1, len(soft.verdicts) + 1))
    hours = soft.verdicts["start_time_second"].to_numpy() / 3600.0
    assert np.allclose([float(row["C"]) for row in numbers], hours)


def test_too_many_rows_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    rows = cells.soft().verdicts.to_dict("records")
    path = workbook.write_workbook(tmp_path / "r.xlsx", pd.DataFrame(), rows, FAILURES.iloc[:0])
    with zipfile.ZipFile(path) as archive:
        assert b"Only the first 3 rows are here" in archive.read("xl/sharedStrings.xml")


def test_another_name_is_refused(tmp_path):
    with pytest.raises(SoftbreakError, match=r"ends in \.xlsx"):
        workbook.write_workbook(tmp_path / "r.csv", pd.DataFrame(), [], FAILURES)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    place = tmp_path / "open.xlsx"
    place.mkdir()
    with pytest.raises(SoftbreakError, match="close it where it is open"):
        workbook.write_workbook(place, pd.DataFrame(), [], FAILURES)
