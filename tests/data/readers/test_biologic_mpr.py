"""The binary .mpr on files written here, value by value."""

import struct
from pathlib import Path

import biologic_files as files
import numpy as np
import pytest

from softbreak.data.readers.base import Head
from softbreak.data.readers.cyclers.biologic_mpr import READER
from softbreak.data.readers.cyclers.biologic_records import area_cm2
from softbreak.data.record import Technique
from softbreak.errors import ReadError

FLAGS = [1, 2, 3, 21, 31, 65]
CC, CV, OCV = 1, 2, 3


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "cell.mpr"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("version", sorted(files.DATA_AT))
def test_every_version_of_the_data_module(tmp_path, version):
    columns = {4: [0.0, 1.0, 2.0], 6: [0.1, 0.2, -0.3], 8: [1.5, 1.5, -1.5]}
    path = _write(tmp_path, files.mpr(0x18, [1, 4, 6, 8], columns, flags=[CV] * 3, version=version))
    assert READER.recognises(Head.of(path))
    (record,) = READER.read(path)
    assert record.technique is Technique.CYCLING
    assert record.source.method == "CA"
    assert record.source.started_unix_second == 1_678_881_600.0  # 2023-03-15 12:00 UTC
    np.testing.assert_array_equal(record.array("test_time_second"), columns[4])
    np.testing.assert_allclose(record.array("voltage_volt"), columns[6], rtol=1e-7)
    np.testing.assert_allclose(record.array("current_ampere"), [1.5e-3, 1.5e-3, -1.5e-3], rtol=1e-6)


def test_flags_share_one_byte_wherever_they_stand(tmp_path):
    columns = {4: [0.0, 1.0], 6: [1.0, 2.0], 8: [0.0, 3.0], 5: [9.0, 3.0]}
    numbers = [4, 1, 2, 6, 3, 21, 31, 65, 8, 5]
    flags = [OCV | 0x14, CC | 0xE0]
    (record,) = READER.read(_write(tmp_path, files.mpr(4, numbers, columns, flags=flags)))
    np.testing.assert_array_equal(record.array("voltage_volt"), [1.0, 2.0])
    np.testing.assert_allclose(record.array("control_current_ampere"), [np.nan, 3e-3], rtol=1e-6)


def test_a_mixed_control_is_split_by_the_mode(tmp_path):
    columns = {4: [0.0, 1.0, 2.0], 6: [0.0, 1.0, 4.2], 8: [0.0, 2.0, 1.0], 5: [7.0, 2.0, 4.2]}
    content = files.mpr(0x7F, [1, 4, 6, 8, 5], columns, flags=[OCV, CC, CV])
    (record,) = READER.read(_write(tmp_path, content))
    np.testing.assert_allclose(
        record.array("control_current_ampere"), [np.nan, 2e-3, np.nan], rtol=1e-6
    )
    np.testing.assert_allclose(
        record.array("control_voltage_volt"), [np.nan, np.nan, 4.2], rtol=1e-6
    )


def test_without_a_measured_current_it_is_derived(tmp_path):
    # Rest, 2 mA imposed, then 4.2 V held: 0.001 mAh in 3.6 s are 1 mA.
    columns = {
        4: [0.0, 1.0, 2.0, 5.6],
        6: [0.0, 1.0, 4.2, 4.2],
        5: [0.0, 2.0, 4.2, 4.2],
        7: [0.0, 0.5, 0.0, 0.001],
    }
    content = files.mpr(4, [1, 4, 6, 5, 7], columns, flags=[OCV, CC, CV, CV])
    (record,) = READER.read(_write(tmp_path, content))
    np.testing.assert_allclose(
        record.array("current_ampere"), [0.0, 2e-3, 0.0, 1e-3], rtol=1e-6, atol=1e-12
    )


def test_without_charge_steps_the_charge_is_differentiated(tmp_path):
    columns = {4: [0.0, 10.0, 20.0], 6: [0.0, 1.0, 1.0], 434: [0.0, 0.01, 0.04]}
    (record,) = READER.read(_write(tmp_path, files.mpr(0x18, [4, 6, 434], columns)))
    np.testing.assert_allclose(record.array("current_ampere"), [np.nan, 1e-3, 3e-3], rtol=1e-6)


def test_nothing_that_gives_a_current_is_an_error(tmp_path):
    columns = {4: [0.0, 1.0], 6: [0.0, 1.0]}
    path = _write(tmp_path, files.mpr(0x18, [1, 4, 6], columns, flags=[CV, CV]))
    with pytest.raises(ReadError, match="current_ampere"):
        READER.read(path)


@pytest.mark.parametrize(("technique", "flags"), [(0x0B, None), (0x7F, [OCV, OCV])])
def test_open_circuit_is_rest_without_current(tmp_path, technique, flags):
    columns = {4: [0.0, 1.0], 6: [0.5, 0.6]}
    numbers = [4, 6] if flags is None else [1, 4, 6]
    (record,) = READER.read(_write(tmp_path, files.mpr(technique, numbers, columns, flags=flags)))
    assert record.technique is Technique.REST
    np.testing.assert_array_equal(record.array("current_ampere"), [0.0, 0.0])


def test_techniques_in_one_file_become_records_in_its_order(tmp_path):
    # rest | sweep down | sweep down again | charge | sweep up
    frequency = [0.0, 0.0, 100.0, 10.0, 1.0, 100.0, 10.0, 1.0, 0.0, 0.0, 1.0, 10.0]
    n = len(frequency)
    columns = {
        4: list(range(n)),
        6: [0.1] * n,
        8: [0.0] * 8 + [1.0] * 2 + [0.0] * 2,
        32: frequency,
        36: [2.0] * n,
        35: [-30.0] * n,
        131: [0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3],
    }
    flags = [OCV] * 8 + [CC] * 2 + [OCV] * 2
    content = files.mpr(0x7F, [1, *columns], columns, flags=flags)
    records = READER.read(_write(tmp_path, content))
    assert [(r.technique, len(r.table)) for r in records] == [
        (Technique.REST, 2),
        (Technique.IMPEDANCE, 3),
        (Technique.IMPEDANCE, 3),
        (Technique.CYCLING, 2),
        (Technique.IMPEDANCE, 2),
    ]
    assert [r.source.position for r in records] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(records[1].array("real_impedance_ohm"), np.sqrt(3.0), rtol=1e-6)
    np.testing.assert_allclose(records[1].array("imaginary_impedance_ohm"), -1.0, rtol=1e-6)
    np.testing.assert_array_equal(records[3].array("step_count"), [2, 2])


def test_a_sweep_down_and_up_again_is_two_spectra(tmp_path):
    frequency = [100.0, 10.0, 1.0, 2.0, 20.0, 200.0]
    columns = {32: frequency, 37: [1.0] * 6, 38: [0.5] * 6}
    records = READER.read(_write(tmp_path, files.mpr(0x1E, [32, 37, 38], columns)))
    assert [r.array("frequency_hertz").tolist() for r in records] == [frequency[:3], frequency[3:]]
    assert records[0].source.method == "GEIS"
    np.testing.assert_array_equal(records[0].array("imaginary_impedance_ohm"), -0.5)


def test_voltammetry_keeps_all_its_cycles_in_one_record(tmp_path):
    columns = {4: [0.0, 1, 2], 6: [0.0, 1, 0], 11: [0.0, 2, -2], 19: [0.0, 1, 0], 24: [1.0, 1, 2]}
    content = files.mpr(6, [1, *columns], columns, flags=[CV] * 3)
    (record,) = READER.read(_write(tmp_path, content))
    assert record.technique is Technique.VOLTAMMETRY
    np.testing.assert_array_equal(record.array("cycle_count"), [1, 1, 2])
    np.testing.assert_array_equal(record.array("control_voltage_volt"), [0, 1, 0])
    assert record.array("current_ampere").dtype == np.float64


def test_what_the_file_says_of_the_cell(tmp_path):
    columns = {4: [0.0], 6: [0.0], 8: [0.0]}
    content = files.mpr(0x0B, [4, 6, 8], columns, comment="Li|LLZO, µ".encode("cp1252"), area=0.785)
    (record,) = READER.read(_write(tmp_path, content))
    assert record.source.stated["comments"] == "Li|LLZO, µ"
    assert record.source.stated["electrode_surface_area"] == "0.785 cm²"
    assert record.cell.area_cm2 == 0.785


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("0.001 cm²", None),
        ("0,000 cm²", None),
        ("1,131 cm²", 1.131),
        ("78.5 mm²", 0.785),
        ("", None),
        ("1.2.3 cm²", None),
        ("1" + "0" * 30 + " cm²", None),
    ],
)
def test_the_placeholder_for_an_area_is_no_area(text, area):
    assert area_cm2(text) == (None if area is None else pytest.approx(area))


def test_an_unknown_column_is_named(tmp_path):
    content = files.mpr(6, [4, 6, 8], {4: [0.0], 6: [0.0], 8: [0.0]})
    content = content.replace(struct.pack("<BHHH", 3, 4, 6, 8), struct.pack("<BHHH", 3, 4, 6, 9001))
    with pytest.raises(ReadError, match=r"9001 \(column 3 of 3, after Ewe/V\)"):
        READER.read(_write(tmp_path, content))


def test_a_truncated_table_says_what_is_there_and_what_was_promised(tmp_path):
    columns = {4: list(range(100)), 6: [0.0] * 100, 8: [0.0] * 100}
    content = files.mpr(6, [4, 6, 8], columns)
    rows_at = content.index(b"VMP data") + len(b"VMP data  ") + 25 + 16 + files.DATA_AT[3]
    path = _write(tmp_path, content[: rows_at + 40 * 16 + 3])
    with pytest.raises(ReadError, match=r"40 whole rows of 16 bytes; expected the 100 rows"):
        READER.read(path)


def test_a_count_beyond_the_file_allocates_nothing(tmp_path):
    content = files.mpr(6, [4, 6, 8], {4: [0.0], 6: [0.0], 8: [0.0]})
    content = content.replace(struct.pack("<IB", 1, 3), struct.pack("<IB", 0xFFFFFFF0, 3))
    with pytest.raises(ReadError, match="4,294,967,280 rows"):
        READER.read(_write(tmp_path, content))


def test_rows_that_do_not_fill_their_module_are_an_error(tmp_path):
    content = files.mpr(6, [4, 6, 8], {4: [0.0, 1.0], 6: [0.0] * 2, 8: [0.0] * 2})
    content = content.replace(struct.pack("<IB", 2, 3), struct.pack("<IB", 1, 3))
    with pytest.raises(ReadError, match="438 bytes; expected 422 bytes for 1 rows"):
        READER.read(_write(tmp_path, content))


def test_a_log_that_is_cut_off_costs_only_the_start(tmp_path):
    content = files.mpr(6, [4, 6, 8], {4: [0.0], 6: [0.0], 8: [0.0]})
    (record,) = READER.read(_write(tmp_path, content[: content.index(b"VMP LOG") + 200]))
    assert record.source.started_unix_second is None
    assert record.source.stated["damage"] == "the file ends inside its module VMP LOG"


@pytest.mark.parametrize("content", [b"", b"BIO-LOGIC MODULAR FILE\x1a", b"x" * 500])
def test_what_is_no_mpr_is_an_error(tmp_path, content):
    with pytest.raises(ReadError):
        READER.read(_write(tmp_path, content))


def test_a_file_of_alternating_techniques_is_damaged(tmp_path):
    n = 50_000
    columns = {4: [0.0] * n, 6: [0.0] * n, 8: [0.0] * n, 32: [0.0, 1.0] * (n // 2)}
    rows = np.zeros(n, np.dtype([("t", "<f8"), ("E", "<f4"), ("I", "<f4"), ("f", "<f4")]))
    rows["f"] = columns[32]
    content = files.mpr(0x7F, [4, 6, 8, 32], {k: [0.0] for k in columns})
    head, tail = content.split(struct.pack("<IBHHHH", 1, 4, 4, 6, 8, 32))
    body = files.module(b"VMP data", 3, files.data(3, [4, 6, 8, 32], rows.tobytes(), n))
    path = _write(tmp_path, head[: head.rindex(b"MODULE")] + body + tail[tail.index(b"MODULE") :])
    with pytest.raises(ReadError, match="changes of technique"):
        READER.read(path)


def test_absurd_numbers_are_kept_without_a_warning(tmp_path):
    columns = {4: [0.0, 1.0], 6: [3e38, -3e38], 5: [1.0, 2.0], 7: [1e308, -1e308]}
    content = files.mpr(4, [1, *columns], columns, flags=[CV, CV])
    (record,) = READER.read(_write(tmp_path, content))
    assert record.array("current_ampere")[1] == -np.inf


def test_a_time_that_is_no_number_is_an_error(tmp_path):
    columns = {4: [0.0, np.nan], 6: [1.0, 1.0], 8: [0.0, 0.0]}
    with pytest.raises(ReadError, match="time of data row 2"):
        READER.read(_write(tmp_path, files.mpr(4, [4, 6, 8], columns)))


def test_numbers_of_which_the_lower_byte_is_kept(tmp_path):
    """206 is 462 (temperature) where a number has one byte."""
    columns = {4: [0.0, 1.0], 6: [0.1, 0.1], 8: [1.0, 1.0], 462: [25.0, 26.0]}
    numbers = [4, 6, 8, 462]
    packed = files.rows(numbers, columns, None)
    for version in (0, 3):
        whole = files.mpr(0x18, [4, 6, 8], {n: columns[n] for n in (4, 6, 8)}, version=version)
        old = files.module(b"VMP data", version, files.data(version, [4, 6, 8, 206], packed, 2))
        begin = whole.index(b"MODULEVMP data")
        path = _write(tmp_path, whole[:begin] + old)
        (record,) = READER.read(path)
        assert record.array("ambient_temperature_celsius").tolist() == [25.0, 26.0]


def test_columns_of_eight_bytes_and_a_technique_of_newer_versions(tmp_path):
    columns = {4: [0.0, 1.0], 6: [0.1, 0.1], 8: [1.0, 1.0]}
    columns |= {number: [7.0, 8.0] for number in (880, 883, 884)}
    path = _write(tmp_path, files.mpr(0x88, [880, 4, 883, 6, 884, 8], columns, version=11))
    (record,) = READER.read(path)
    np.testing.assert_allclose(record.array("voltage_volt"), 0.1)
    np.testing.assert_allclose(record.array("current_ampere"), 1e-3)
    assert record.source.method == "Battery Capacity Determination"
