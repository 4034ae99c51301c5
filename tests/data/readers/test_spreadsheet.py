import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError, UnknownFormatError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def cell(value) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def workbook(path: Path, **sheets: list) -> Path:
    """The least that an .xlsx can be."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r0" '
        f'Type="{LINK}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINK}"><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{i + 1}" r:id="r{i}"/>' for i, n in enumerate(names))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="{LINK}/worksheet" Target="worksheets/s{i}.xml"/>'
            for i in range(len(names))
        )
        + "</Relationships>",
    }
    for i, name in enumerate(names):
        rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in sheets[name])
        parts[f"xl/worksheets/s{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


HEADER = [
    "DataPoint",
    "Cycle Index",
    "Step Type",
    "Total Time",
    "Current(mA)",
    "Voltage(V)",
    "Date",
]


def test_neware_record_sheets_continue_each_other(tmp_path: Path):
    path = workbook(
        tmp_path / "x.xlsx",
        test=[["Start Time", "2024-01-01"]],
        record=[HEADER, [1, 1, "CC Chg", "00:00:00", 1.5, 0.1, "2024-01-01 00:00:00"]],
        record2=[HEADER, [2, 1, "CC DChg", "00:00:10", -1.5, -0.1, "2024-01-01 00:00:10"]],
    )
    (record,) = read(path)
    assert record.source.instrument == "Neware BTS"
    assert record.array("test_time_second").tolist() == [0, 10]
    np.testing.assert_allclose(record.array("current_ampere"), [1.5e-3, -1.5e-3])
    assert record.array("voltage_volt").tolist() == [0.1, -0.1]
    # date -u -d 2024-01-01 +%s
    assert record.source.started_unix_second == 1704067200


def test_arbin_sheet(tmp_path: Path):
    path = workbook(
        tmp_path / "x.xlsx",
        Info=[["TEST REPORT"]],
        Channel=[
            ["Data_Point", "Test_Time(s)", "Cycle_Index", "Current(A)", "Voltage(V)"],
            [1, 0.5, 1, -0.001, 3.2],
            [2, 1.5, 1, -0.001, 3.1],
        ],
    )
    (record,) = read(path)
    assert record.source.instrument == "Arbin MITS"
    assert record.array("current_ampere").tolist() == [-0.001, -0.001]


def test_unknown_workbook_shows_its_sheets(tmp_path: Path):
    path = workbook(tmp_path / "x.xlsx", plan=[["Cell", "Area"]], empty=[])
    with pytest.raises(UnknownFormatError, match="'plan' with Cell, Area; 'empty' with nothing"):
        read(path)


def test_damaged_workbook(tmp_path: Path):
    path = workbook(tmp_path / "x.xlsx", plan=[HEADER])
    data = path.read_bytes().replace(b"worksheets/s0.xml", b"worksheets/s7.xml")
    path.write_bytes(data)
    with pytest.raises(ReadError):
        read(path)
