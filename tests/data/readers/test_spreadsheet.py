import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.readers.workbooks import extent
from softbreak.data.record import Technique
from softbreak.errors import ReadError, StatisticsError, UnknownFormatError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


FORMATS = ["[h]:mm:ss", "h:mm:ss", "yyyy-mm-dd hh:mm:ss"]


def cell(value) -> str:
    if isinstance(value, tuple):  # a number of days and how it is shown
        return f'<c s="{FORMATS.index(value[1]) + 1}"><v>{value[0]!r}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def workbook(path: Path, stated: str = "", /, **sheets: list) -> Path:
    """The least that an .xlsx can be; its sheets state the range ``stated``."""
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
        + f'<Relationship Id="s" Type="{LINK}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(FORMATS)}">'
        + "".join(
            f'<numFmt numFmtId="{164 + i}" formatCode="{code}"/>' for i, code in enumerate(FORMATS)
        )
        + '</numFmts><cellXfs><xf numFmtId="0"/>'
        + "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(FORMATS)))
        + "</cellXfs></styleSheet>",
    }
    for i, name in enumerate(names):
        rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in sheets[name])
        dimension = f'<dimension ref="{stated}"/>' if stated else ""
        parts[f"xl/worksheets/s{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}">{dimension}<sheetData>{rows}</sheetData></worksheet>'
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


ARBIN = ["Data_Point", "Date_Time", "Test_Time(s)", "Cycle_Index", "Step_Index"]
ARBIN += ["Current(A)", "Voltage(V)"]


def arbin(first: int, last: int, cycle: int = 1, resistance: float = 100.0) -> list:
    """Samples a minute apart, half an hour a step."""
    rows = [
        [i, 45350 + i / 1440, i * 60.0, cycle + i // 60, i // 30, 1e-3, 1e-3 * resistance]
        for i in range(first, last)
    ]
    return [ARBIN, *rows]


def arbin_statistics(n: int, first: int = 1) -> list:
    return [ARBIN, *([k, "", k * 3600.0, k, 1, -1e-3, -0.1] for k in range(first, n + first))]


def test_the_second_sheet_of_a_channel_continues_it(tmp_path: Path):
    sheets = {"Channel_1_1": arbin(0, 100), "Channel_1_2": arbin(100, 150)}
    (record,) = read(workbook(tmp_path / "x.xlsx", **sheets))
    assert record.array("test_time_second").tolist() == [60.0 * i for i in range(150)]
    turned = dict(reversed(sheets.items()))
    (record,) = read(workbook(tmp_path / "y.xlsx", **turned))
    assert record.array("test_time_second").tolist() == [60.0 * i for i in range(150)]


@pytest.mark.parametrize(
    "sheets",
    [
        {"Channel_1-001": arbin(0, 90), "Channel_2-001": arbin(0, 90, resistance=40.0)},
        {"Channel_1-001": arbin(0, 90), "Channel_2-001": arbin(90, 180)},  # one after the other
        {"Channel_1-001": arbin(0, 90), "Channel_1-002": arbin(0, 90)},
        {"cell A": arbin(0, 90), "cell B": arbin(5, 95)},
    ],
)
def test_other_channels_are_other_cells(tmp_path: Path, sheets: dict):
    with pytest.raises(ReadError, match=r"several (channels|measurements)") as caught:
        read(workbook(tmp_path / "x.xlsx", **sheets))
    assert all(name in caught.value.found for name in sheets)


@pytest.mark.parametrize("name", ["Statistics_1-001", "StatisticByCycle-Chan_1", "Sheet2"])
@pytest.mark.parametrize("cycles", [1, 3])
def test_statistics_are_no_samples(tmp_path: Path, name: str, cycles: int):
    samples, statistics = ("Channel_1-001", arbin(0, 181)), (name, arbin_statistics(cycles))
    for sheets in ([samples, statistics], [statistics, samples]):
        (record,) = read(workbook(tmp_path / "x.xlsx", **dict(sheets)))
        assert record.rows == 181


def test_statistics_alone(tmp_path: Path):
    with pytest.raises(StatisticsError, match="'Statistics_1'"):
        read(workbook(tmp_path / "x.xlsx", Statistics_1=arbin_statistics(12)))


@pytest.mark.parametrize("shown", ["[h]:mm:ss", "h:mm:ss"])
def test_times_that_the_spreadsheet_keeps_as_days(tmp_path: Path, shown: str):
    """Day 60 of 1900 never was: seventy days are counted through it without a fault."""
    days = np.arange(0.0, 70.0, 0.25)
    rows = [[1, 1, "CC Chg", (day, shown), 1.0, 0.1, 45350 + day] for day in days.tolist()]
    (record,) = read(workbook(tmp_path / "x.xlsx", record=[HEADER, *rows]))
    np.testing.assert_allclose(record.array("test_time_second"), days * 86400.0, atol=1e-3)


def test_dates_that_the_spreadsheet_keeps_as_days(tmp_path: Path):
    stamp = (45350.375, "yyyy-mm-dd hh:mm:ss")
    for when in (stamp, stamp[0]):  # shown as a date, or as the bare number
        rows = [[1, 1, "CC Chg", "00:00:10", 1.0, 0.1, when]]
        (record,) = read(workbook(tmp_path / "x.xlsx", record=[HEADER, *rows]))
        # date -u -d "2024-02-28 09:00" +%s
        assert record.array("unix_time_second").tolist() == [1709110800]


def test_sheets_are_read_as_the_text_that_they_would_be(tmp_path: Path):
    """A reader of text serves its sheets too: here a preamble, units, and a spectrum beside."""
    maccor = [
        ["Procedure:", "p.000"],
        [],
        ["Rec#", "Cyc#", "Step", "Test (Sec)", "Amps", "Volts", "State"],
        *([i, 0, 1, i * 60.0, 1e-3, 0.1, "D"] for i in range(20)),
    ]
    spectrum = [["Frequency (Hz)", "Re(Z) (Ohm)", "-Im(Z) (Ohm)"]]
    spectrum += [[10.0 ** (5 - k), 100.0 + k, 5.0] for k in range(12)]
    found = read(workbook(tmp_path / "x.xlsx", data=maccor, EIS=spectrum))
    assert [record.technique for record in found] == [Technique.CYCLING, Technique.IMPEDANCE]
    assert found[0].source.stated["sheet"] == "data"
    assert found[0].array("current_ampere").tolist() == [-1e-3] * 20
    assert found[1].array("imaginary_impedance_ohm").tolist() == [-5.0] * 12


def test_errors_name_workbook_and_sheet(tmp_path: Path):
    damaged = [HEADER, *([1, 1, "CC Chg", "?", 1.0, 0.1, ""] for _ in range(9))]
    path = workbook(tmp_path / "x.xlsx", record=damaged)
    with pytest.raises(ReadError, match="sheet 'record'") as caught:
        read(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize("stated", ["A1:XFD1048576", "A1:$ZZ$400000"])
def test_a_stated_range_that_the_file_cannot_hold(tmp_path: Path, stated: str):
    path = workbook(tmp_path / "x.xlsx", stated, record=[HEADER])
    with pytest.raises(ReadError, match=r"spans .* rows × .* columns in"):
        read(path)


def test_a_range_is_held_to_the_limit(tmp_path: Path, monkeypatch):
    path = workbook(tmp_path / "x.xlsx", "A1:G200", Channel=arbin(0, 199))
    assert read(path)
    monkeypatch.setattr(extent, "FREE_CELLS", 100)
    monkeypatch.setattr(extent, "MOST_CELLS", 1000)
    with pytest.raises(ReadError, match=r"200 rows × 7 columns .* at most 1,000 cells"):
        read(path)


def test_a_cell_far_out_that_no_range_states(tmp_path: Path):
    path = workbook(tmp_path / "x.xlsx", record=[HEADER])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/s0.xml"]
    far = b'<row r="900000"><c r="XFA900000"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/s0.xml"] = sheet.replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(ReadError, match="spans 900,000 rows × 16,381 columns"):
        read(path)


def ods(path: Path, rows: str) -> Path:
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    content = (
        f'<office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="record">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def ods_row(values: list, repeat: str = "") -> str:
    cells = []
    for value in values:
        if isinstance(value, str) and value.startswith("PT"):
            told = f'office:value-type="time" office:time-value="{value}"'
        elif isinstance(value, str):
            told = 'office:value-type="string"'
        else:
            told = f'office:value-type="float" office:value="{value}"'
        cells.append(f"<table:table-cell {told}><text:p>{value}</text:p></table:table-cell>")
    blank = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f"<table:table-row {repeat}>{''.join(cells)}{blank}</table:table-row>"


BLANKS = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def test_ods_with_its_own_times(tmp_path: Path):
    rows = [[1, 1, "CC Chg", f"PT{h:02d}H30M00S", 1.0, 0.1, ""] for h in range(30)]
    path = ods(tmp_path / "x.ods", "".join(map(ods_row, [HEADER, *rows])) + BLANKS)
    (record,) = read(path)
    assert record.array("test_time_second").tolist() == [h * 3600.0 + 1800 for h in range(30)]


def test_ods_that_spans_more_than_it_holds(tmp_path: Path):
    repeat = 'table:number-rows-repeated="900000"'
    path = ods(tmp_path / "x.ods", ods_row(HEADER, repeat) + BLANKS)
    with pytest.raises(ReadError, match="spans 900,000 rows × 7 columns"):
        read(path)
    path = ods(tmp_path / "y.ods", BLANKS + ods_row(HEADER))
    with pytest.raises(ReadError, match="spans 1,048,001 rows"):
        read(path)


def noisy(first: int, last: int, resistance: float = 100.0) -> list:
    """As :func:`arbin`, with voltages that no two samples share."""
    head, *rows = arbin(first, last)
    return [head, *([*row[:-1], 1e-3 * resistance + 1e-6 * row[0]] for row in rows)]


def test_a_sheet_that_goes_on_without_headings_is_read_by_those_before_it(tmp_path: Path):
    sheets = {"Sheet1": noisy(0, 100), "Sheet2": noisy(100, 150)[1:]}
    (record,) = read(workbook(tmp_path / "x.xlsx", **sheets))
    assert record.array("test_time_second").tolist() == [60.0 * i for i in range(150)]
    assert "one record from 'Sheet1', 'Sheet2'" in record.source.stated["sheets"]


def test_a_copy_of_a_sheet_counts_once_and_is_said(tmp_path: Path):
    sheets = {"Channel_1": noisy(0, 90), "Channel_1 (2)": noisy(0, 90), "notes": [["by", "me"]]}
    (record,) = read(workbook(tmp_path / "x.xlsx", **sheets))
    assert record.rows == 90
    assert "'Channel_1 (2)' (a copy)" in record.source.stated["sheets"]
    assert "'notes' with by, me" in record.source.stated["sheets"]


OWN = ["Zeit [s]", "Spannung [V]", "Strom [mA]"]


def own(n: int, step: float = 60.0) -> list[list[object]]:
    signs = [1.0 if k % 20 < 10 else -1.0 for k in range(n)]
    return [OWN, *([step * k, 0.05 * sign, sign] for k, sign in enumerate(signs))]


def test_what_is_noted_beside_a_table_is_no_column(tmp_path: Path):
    rows = own(120)
    rows[0] = [*rows[0], "", "Fläche", 0.785]
    rows[2] = [*rows[2], "", "Probe 7"]
    (record,) = read(workbook(tmp_path / "x.xlsx", Tabelle1=rows))
    assert len(record.table) == 120
    assert (
        record.source.stated["sheets"] == "left out: 'Fläche', 'Probe 7', '0.785' beside the table"
    )


@pytest.mark.parametrize("name", ["Zyklen", "cycle", "循环", "Overview"])
def test_a_sheet_of_cycles_without_their_numbers_is_no_life(tmp_path: Path, name: str):
    (record,) = read(workbook(tmp_path / "x.xlsx", Daten=own(200), **{name: own(9, 1200.0)}))
    assert len(record.table) == 200
    with pytest.raises(ReadError, match="do not continue each other"):  # as many rows: samples
        read(workbook(tmp_path / "y.xlsx", Daten=own(200), **{name: own(190)}))
