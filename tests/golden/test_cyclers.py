"""Every real cycler file: rows, first and last values as they stand in the file, and the sign."""

import csv
from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.errors import ReadError, UnknownFormatError

# path, technique, rows, first (s, V, A), last (s, V, A), as read off the files by eye.
FILES = [
    (
        "arbin/2017-05-09_test-TC-contact_CH33.csv",
        "cycling",
        287,
        (0.0, 3.298668384552002, 6.600444793701172),
        (1022.8913, 3.4119858741760254, 1.1000289916992188),
    ),
    (
        "arbin/sample_data_arbin.csv",
        "cycling",
        13,
        (30.0005, 3.534595, 0.0),
        (301.214, 3.599601, 2.650138),
    ),
    (
        # The last two values were read with a second, independent parser of Access databases.
        "arbin/arbin_example.res",
        "cycling",
        2150,
        (0.072595419795086, 3.8591957092285156, 0.0),
        (345733.38945743744, 3.872107744216919, 0.0),
    ),
    (
        "maccor/maccor_001.txt",
        "cycling",
        6704,
        (0.0, 3.4625, 0.0),
        # 2d 02:52:51.57
        (2 * 86400 + 2 * 3600 + 52 * 60 + 51.5699996948242, 3.55131, 0.0),
    ),
    ("maccor/sample_data_maccor.csv", "cycling", 15, (0.0, 3.668, 0.0), (13.06, 3.716, 28.798)),
    (
        # 74 rows, of which 61 are marked FRA and repeat record 12
        "maccor/maccor_test_file_4267-66-6519.041",
        "rest",
        13,
        (0.0, 3.90806439, 0.0),
        (10.0, 3.91172656, 0.0),
    ),
    (
        "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
        "cycling",
        25162,
        (0.020, 2.9215, 0.0),
        (262657.764, 0.1086, -0.0002),
    ),
    (
        "novonix/sample_data_novonix.csv",
        "cycling",
        207,
        (0.0, 3.84318331, 0.0),
        (3.4131889 * 3600, 4.12864581, 0.49999387),
    ),
    (
        "basytec/sample_data_basytec.txt",
        "cycling",
        74,
        (0.0, 3.52575489148741, 0.0),
        (70.2358036666668, 3.53285012323902, 0.449601734416934),
    ),
    ("pec/pec.csv", "cycling", 16255, (1.0, 3.272632, 0.0), (323010.183, 3.7875572, 1.6401)),
    (
        "gamry/gamry_cv.DTA",
        "voltammetry",
        81,
        (0.06, 0.200054, 1.72821e-5),
        (4.86, -0.0398239, -2.14737e-6),
    ),
    (
        "neware/neware_uio.csv",
        "cycling",
        9065,
        (0.0, 2.9170, 0.0),
        (144 * 3600 + 2 * 60 + 18, 0.4251, 0.00099171),
    ),
    ("neware/nda8.nda.zip", "cycling", 46805, (0.0, 1.9416, -2.6e-5), (46803.0, 0.8463, -2.6e-5)),
    ("neware/nda_v22.nda.zip", "cycling", 1380, (0.0, 1.8105, 0.0), (41298.9, 2.4001, 0.01044)),
    ("neware/nda_v23.nda.zip", "cycling", 2706, (0.0, 4.1706, 0.0), (2703.0, 3.2248, 0.0)),
    ("neware/filetype14-0.ndax", "rest", 67, (0.0, 0.003346, 0.0), (655.4, 0.003313, 0.0)),
    ("neware/issue94_unit27.ndax", "rest", 301, (0.0, 2.982991, 0.0), (300.0, 2.982875, 0.0)),
    (
        "neware/nw4-120-1-6-53.ndax",
        "cycling",
        18700,
        (0.0, 1.662795, 0.0),
        (173045.9, 3.496701, -0.000390023),
    ),
    (
        "neware/nw4-120-1-6-53.parquet",
        "cycling",
        18700,
        (0.0, 1.6628, 0.0),
        (173045.9, 3.4967, -0.00039),
    ),
    ("neware/test_2.ndax", "cycling", 108563, (0.0, 0.1999, 0.0), (93207.6, 3.1915, -0.000317)),
    ("neware/test_2.parquet", "cycling", 108563, (0.0, 0.1999, 0.0), (93207.6, 3.1915, -0.000317)),
]
SERIES = ["test_time_second", "voltage_volt", "current_ampere"]


@pytest.mark.parametrize(("name", "technique", "rows", "first", "last"), FILES)
def test_rows_and_ends(realdata: Path, name, technique, rows, first, last):
    (record,) = read(realdata / "readers" / name)
    table = record.table
    assert record.technique == Technique(technique)
    assert len(table) == rows
    np.testing.assert_allclose(table[SERIES].iloc[0], first, rtol=1e-6, atol=6e-5)
    np.testing.assert_allclose(table[SERIES].iloc[-1], last, rtol=1e-6, atol=6e-5)
    # Currents of coin cells are far below the tolerance of the voltage: hold them to their own.
    np.testing.assert_allclose(
        table["current_ampere"].iloc[[0, -1]], [first[2], last[2]], atol=6e-7
    )


@pytest.mark.parametrize("name", [row[0] for row in FILES])
def test_is_plausible(realdata: Path, name):
    (record,) = read(realdata / "readers" / name)
    table = record.table
    assert np.isfinite(table[SERIES].to_numpy()).all()
    assert table["voltage_volt"].between(-1, 5.1).all()
    assert table["current_ampere"].abs().max() < 40
    assert (np.diff(table["test_time_second"]) >= 0).all()
    if "ambient_temperature_celsius" in table:
        assert table["ambient_temperature_celsius"].dropna().between(15, 45).all()
    assert len(record.source.content_hash) == 64
    assert record.source.path == str(realdata / "readers" / name)


def test_every_file_of_a_cycler_is_listed(realdata: Path):
    folders = ["neware", "arbin", "maccor", "landt", "novonix", "basytec", "pec", "gamry"]
    there = {
        f"{folder}/{path.name}"
        for folder in folders
        for path in (realdata / "readers" / folder).iterdir()
    }
    assert there - {"neware/Experiment_Record.xlsx"} == {row[0] for row in FILES}


def test_workbook_that_only_describes_an_experiment(realdata: Path):
    with pytest.raises(UnknownFormatError, match="Nominal Capacity") as caught:
        read(realdata / "readers/neware/Experiment_Record.xlsx")
    assert "leave it out" in caught.value.remedy


def labels(
    path: Path, delimiter: str, header: str, column: str, encoding: str = "utf-8"
) -> list[str]:
    """A column of a text export, read the slow and obvious way."""
    with path.open(encoding=encoding, newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        names = next(row for row in rows if row and row[0] == header)
        return [row[names.index(column)] for row in rows]


@pytest.mark.parametrize(
    ("name", "delimiter", "header", "column", "charge", "discharge"),
    [
        ("maccor/maccor_001.txt", "\t", "Rec#", "State", "C", "D"),
        (
            "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
            ",",
            "channel_index",
            "step_name",
            "charge CC",
            "discharge CC",
        ),
        ("neware/neware_uio.csv", ",", "DataPoint", "Step Type", "CC Chg", "CC DChg"),
    ],
)
def test_sign_follows_the_vendors_labels(
    realdata: Path, name, delimiter, header, column, charge, discharge
):
    path = realdata / "readers" / name
    (record,) = read(path)
    current = record.array("current_ampere")
    label = np.array(labels(path, delimiter, header, column))
    assert (current[label == charge] > 0).all()
    assert (current[label == discharge] < 0).all()
    assert np.count_nonzero(label == discharge) > 1000
    assert not current[~np.isin(label, [charge, discharge])].any()


def test_sign_of_basytec_follows_its_command(realdata: Path):
    path = realdata / "readers/basytec/sample_data_basytec.txt"
    (record,) = read(path)
    command = np.array(labels(path, "\t", "~Time[s]", "Command"))
    assert (record.array("current_ampere")[command == "Charge"] > 0).sum() >= 9
    assert not record.array("current_ampere")[command == "Pause"].any()


def test_sign_of_pec_follows_its_capacities(realdata: Path):
    path = realdata / "readers/pec/pec.csv"
    (record,) = read(path)
    current = record.array("current_ampere")
    charged = np.array(labels(path, ",", "Test", "Charge Capacity (mAh)"), dtype=float)
    assert (current[1:][np.diff(charged) > 0] > 0).all()
    discharged = np.array(labels(path, ",", "Test", "Discharge Capacity (mAh)"), dtype=float)
    assert (current[1:][np.diff(discharged) > 0] < 0).all()


@pytest.mark.parametrize("name", ["arbin/arbin_example.res", "neware/test_2.ndax"])
def test_voltage_rises_while_current_charges(realdata: Path, name):
    """Over full cells, whose voltage says which way they are driven."""
    (record,) = read(realdata / "readers" / name)
    current, voltage = record.array("current_ampere"), record.array("voltage_volt")
    slope = np.diff(voltage)
    charging = (current[1:] > 0) & (current[:-1] > 0)
    discharging = (current[1:] < 0) & (current[:-1] < 0)
    assert np.median(slope[charging]) > 0 > np.median(slope[discharging])


@pytest.mark.parametrize("name", ["nw4-120-1-6-53", "test_2"])
def test_neware_native_equals_the_vendors_export(realdata: Path, name):
    """To the export's resolution: 0.1 mV and 1 µA. The export has local time, one hour ahead."""
    (native,) = read(realdata / f"readers/neware/{name}.ndax")
    (export,) = read(realdata / f"readers/neware/{name}.parquet")
    difference = (native.table - export.table).abs().max()
    assert difference["test_time_second"] == 0
    assert difference["voltage_volt"] <= 0.051e-3
    assert difference["current_ampere"] <= 0.51e-6
    assert difference["step_count"] == 0
    clock = export.table["unix_time_second"] - native.table["unix_time_second"]
    np.testing.assert_allclose(clock, 3600, atol=1e-3)


def test_unit_27_is_in_volts(realdata: Path):
    """A reader once took this device's 0.1 mV for mV and so read 29.8 V."""
    (record,) = read(realdata / "readers/neware/issue94_unit27.ndax")
    assert record.table["voltage_volt"].between(2.98, 2.99).all()


def test_what_the_files_say_of_the_cell(realdata: Path):
    def stated(name: str):
        (record,) = read(realdata / "readers" / name)
        return record.source.stated

    assert stated("neware/nw4-120-1-6-53.ndax")["remark"] == "250403_kigr_gen9_06"
    assert stated("neware/nda8.nda.zip")["zip_member"] == "nda8.nda"
    assert stated("arbin/arbin_example.res")["Test_Name"].startswith("ajm314_LCO")
    assert stated("maccor/maccor_001.txt")["procedure"] == "M50_Validation.000"
    assert "sign is taken as it is written" in stated("maccor/sample_data_maccor.csv")["assumption"]
    assert stated("novonix/sample_data_novonix.csv")["Area (cm2)"] == "1.000"
    assert stated("basytec/sample_data_basytec.txt")["Battery"] == "cell"
    assert stated("pec/pec.csv")["TestRegime Name"] == "SAFT VL43EFe dQdV C/25"
    assert stated("gamry/gamry_cv.DTA")["area"] == "1,00000E+000"


@pytest.mark.parametrize(
    ("name", "started"),
    [
        ("arbin/sample_data_arbin.csv", "2024-09-20T08:32:04.5575"),
        ("arbin/arbin_example.res", "2023-07-24T18:49:59.927"),
        ("maccor/maccor_001.txt", "2020-12-11T12:22:12"),
        ("maccor/sample_data_maccor.csv", "2023-11-23T15:56:11"),
        ("novonix/sample_data_novonix.csv", "2025-07-19T15:26:20"),
        ("basytec/sample_data_basytec.txt", "2023-06-19T17:56:53"),
        ("pec/pec.csv", "2019-02-22T16:23:26"),
        ("gamry/gamry_cv.DTA", "2023-04-20T15:26:16"),
        ("landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv", "2024-04-30T14:33:18.98"),
        ("neware/neware_uio.csv", "2022-05-18T16:27:52"),
    ],
)
def test_start_is_local_time_taken_as_utc(realdata: Path, name, started):
    (record,) = read(realdata / "readers" / name)
    expected = np.datetime64(started, "ms").astype("int64") / 1000
    assert record.source.started_unix_second == pytest.approx(expected, abs=0.01)


def test_gamry_keeps_the_imposed_voltage_and_drops_the_absent_probe(realdata: Path):
    (record,) = read(realdata / "readers/gamry/gamry_cv.DTA")
    assert record.table["control_voltage_volt"].iloc[[0, -1]].tolist() == [0.200, -0.037 - 0.003]
    assert "ambient_temperature_celsius" not in record.table  # -327.75 °C


def test_three_bare_columns(realdata: Path):
    """Li | PEO | Li at 0.1 mA: diverges to the 1.5 V limit at 3.94 h."""
    (record,) = read(realdata / "symmetric/thienenkamp_li_peo_li_POL.txt")
    hours = record.array("test_time_second") / 3600
    voltage, current = record.array("voltage_volt"), record.array("current_ampere")
    assert len(record.table) == 1021
    assert (hours[0], voltage[0]) == pytest.approx((2.55705, 0.16491))
    assert np.median(np.diff(hours)) * 3600 == pytest.approx(20.18, abs=0.05)
    assert current[hours < 3.9] == pytest.approx(0.0998e-3, rel=2e-3)
    assert hours[np.argmax(voltage > 1.49)] == pytest.approx(3.94, abs=0.02)
    assert current[-1] == pytest.approx(0.024e-3, rel=0.05)
    assert "hours" in record.source.stated["assumption"]


def test_no_file_of_the_collection_breaks_the_registry(realdata: Path):
    """Records or one of our errors, for every file there is, and nearly always records."""
    failed = []
    collection = [realdata / "symmetric", realdata / "readers"]
    for path in sorted(path for folder in collection for path in folder.rglob("*")):
        if path.is_file():
            try:
                assert read(path)
            except ReadError:
                failed.append(path.name)
    assert failed == ["Experiment_Record.xlsx"]
