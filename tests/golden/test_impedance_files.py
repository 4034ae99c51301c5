"""Real impedance files of many vendors: numbers that stand in the raw files, true signs, damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers import registry
from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance import gamry_eis, ivium, spectra_text, zplot
from softbreak.data.readers.soundness import sound
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError
from softbreak.physics.impedance import blocking_end

READERS = (
    *zplot.READERS,
    *gamry_eis.READERS,
    ivium.IDS,
    ivium.DFR,
    *spectra_text.READERS,
    ivium.I2B,
)

# file, reader, points, first row and last row (f / Hz, Re / ohm, Im / ohm, true sign), read by eye
SPECTRA = [
    ("Circuit1_EIS_1.z", "zplot", 48, (5e4, 29.036, 0.63662), (1.0, 75.803, -0.16244)),
    ("Circuit2_EIS_1.z", "zplot", 56, (3e5, 147.77, -11.335), (1.0, 654.19, 0.64271)),
    ("Circuit3_EIS_1.z", "zplot", 53, (1.5e5, 1493.7, 10.377), (1.0, 6137.5, 17.89)),
    ("data.z", "zplot", 29, (1e4, 109.0092, -26.55568), (1.0, 645.4787, -90.61813)),
    ("exampleDataZPlot.z", "zplot", 21, (3e5, 147.77, -11.335), (3e3, 613.68, -137.13)),
    (
        "exampleDataAutolab.txt",
        "zplot",
        41,
        (1e4, 0.013785863964281, 0.007191946305823),
        (0.1, 0.0345697771923854, -0.00390292888845954),
    ),
    (
        "data.dta",
        "gamry-eis",
        29,
        (1e4, 109.00918219439, -26.5556798765152),
        (1.0, 645.478700150494, -90.618128307383),
    ),
    (
        "drift-corrected-data.dta",
        "gamry-eis",
        55,
        (100078.1, 691.6887, -148.9397),
        (0.1001603, 163443.2, -207897.9),
    ),
    (
        "exampleDataGamry.DTA",
        "gamry-eis",
        72,
        (200015.6, 825.8584, -1367.239),
        (0.0158898, 17007.49, -6635.557),
    ),
    (
        "data.dfr",
        "autolab-dfr",
        29,
        (1e4, 109.00918219439028, -26.55567987651522),
        (1.0, 645.4787001504939, -90.61812830738303),
    ),
    (
        "data.i2b",
        "i2b",
        29,
        (1e4, 109.00918219439028, -26.55567987651522),
        (1.0, 645.4787001504939, -90.61812830738303),
    ),
    ("data.ids", "ivium-ids", 29, (1e4, 109.009, -26.5557), (1.0, 645.479, -90.6181)),
    (
        "exampleDataCHInstruments.txt",
        "chi-eis",
        73,
        (99610.0, 98.91, -2.748),
        (0.1, 5685.0, -15860.0),
    ),
    (
        "exampleDataPowersuite.txt",
        "powersuite-eis",
        30,
        (0.1, 423929.46, -49014.063),
        (2e6, -470.54113, -1397.7358),
    ),
    (
        "exampleData.csv",
        "spectrum-nameless",
        66,
        (0.0031623, 0.0494998977640506, -0.0204386985444189),
        (1e4, 0.0157714826604859, 0.010157474564938),
    ),
]


def _reader(path: Path) -> Reader:
    return next(reader for reader in READERS if reader.recognises(Head.of(path)))


def _row(record: Record, at: int) -> tuple[float, float, float]:
    return tuple(record.table.iloc[at])


@pytest.mark.parametrize(("name", "reader", "points", "first", "last"), SPECTRA)
def test_numbers_stand_as_in_the_file(
    realdata: Path, name: str, reader: str, points: int, first: tuple, last: tuple
) -> None:
    path = realdata / "readers" / "eis" / name
    found = _reader(path)
    assert found.name == reader
    record = found.read(path)[0]
    assert record.technique is Technique.IMPEDANCE
    assert len(record.table) == points
    assert _row(record, 0) == pytest.approx(first, rel=1e-12)
    assert _row(record, -1) == pytest.approx(last, rel=1e-12)
    assert record.source.reader == reader


# the same, of files that name their columns in other ways or not at all
OTHERS = [
    ("data-P00", "spectrum-table", 29, (1e4, 109.0, -26.556), (1.0, 645.5, -90.618)),
    (
        "data-header-variant-3.csv",
        "spectrum-table",
        29,
        (1e4, 109.00918219439028, -26.55567987651522),
        (1.0, 645.4787001504939, -90.61812830738303),
    ),
    (
        "1ZARC.csv",
        "spectrum-table",
        81,
        (0.01, 59.20397431908595, 0.5913301898954791),
        (1e6, 10.318, -0.31),
    ),
    (
        "exampleDataZPlot_noComments.z",
        "zplot",
        31,
        (3e5, 642.62, -85.821),
        (300.0, 1305.3, -195.01),
    ),
]


@pytest.mark.parametrize(("name", "reader", "points", "first", "last"), OTHERS)
def test_other_ways_to_write_a_spectrum(
    realdata: Path, name: str, reader: str, points: int, first: tuple, last: tuple
) -> None:
    path = realdata / "more" / "eis" / name
    assert _reader(path).name == reader
    (record,) = _reader(path).read(path)
    assert len(record.table) == points
    assert _row(record, 0) == pytest.approx(first, rel=1e-4)
    assert _row(record, -1)[:2] == pytest.approx(last[:2], rel=1e-4)


def test_blocking_electrodes_are_named(realdata: Path) -> None:
    record = registry.read(
        realdata / "more" / "cells" / "ss_lpscl_ss" / "PEIS_LPSCl_IonBlocking_-25C.mpr"
    )[0]
    z = record.array("real_impedance_ohm") + 1j * record.array("imaginary_impedance_ohm")
    assert "capacitor" in blocking_end(record.array("frequency_hertz"), z)
    assert "imaginary_sign" not in record.source.stated


def test_no_real_spectrum_is_turned_or_split_wrongly(realdata: Path) -> None:
    for name, _, points, *_ in SPECTRA:
        records = registry.read(realdata / "readers" / "eis" / name)
        assert len(records[0].table) == points
        turned = [r.source.stated.get("imaginary_sign", "") for r in records]
        assert not any("read with the other sign" in told for told in turned)


def test_one_spectrum_saved_in_five_formats_is_one_spectrum(realdata: Path) -> None:
    folder = realdata / "readers" / "eis"
    named = zplot.read(folder / "data.z")[0].table.to_numpy()  # its header names Z''(b)
    for name in ("data.dfr", "data.i2b", "data.ids", "data.dta"):
        path = folder / name
        np.testing.assert_allclose(_reader(path).read(path)[0].table.to_numpy(), named, rtol=1e-5)


def test_ids_holds_two_spectra_and_measured_frequencies_win(realdata: Path) -> None:
    records = ivium.IDS.read(realdata / "readers" / "eis" / "data.ids")
    assert len(records) == 2
    # the block's settings announce 100 kHz first; its data say 10 kHz
    assert [_row(record, 0)[0] for record in records] == [1e4, 1e4]
    assert records[0].source.stated["area_cm2"] == "1"


def test_parstat_file_holds_a_discharge_before_its_spectrum(realdata: Path) -> None:
    path = realdata / "readers" / "eis" / "exampleDataParstat.txt"
    discharge, spectrum = _reader(path).read(path)
    assert discharge.technique is Technique.CYCLING
    assert len(discharge.table) == 781
    assert _row(discharge, 0) == pytest.approx((10.0, 3.49322700500488, -0.149962306022644))
    assert len(spectrum.table) == 31
    assert _row(spectrum, 0) == pytest.approx((1e4, -0.00049816280376104, 0.0175143479976367))
    assert _row(spectrum, -1) == pytest.approx((10.0, 0.0270946491457229, -0.00399791080333837))


def test_what_files_say_of_their_cell(realdata: Path) -> None:
    folder = realdata / "readers" / "eis"
    gamry = gamry_eis.read(folder / "exampleDataGamry.DTA")[0].source
    assert gamry.stated["comment"] == "-50mV +5.66X10^-4 D8"
    assert gamry.stated["area_cm2"] == "1.00000E+000"
    assert gamry.started_unix_second == 1524501795.0  # 4/23/2018 16:43:15
    drift = gamry_eis.read(folder / "drift-corrected-data.dta")[0].source
    assert "measured" in drift.stated["drift_correction"]
    assert drift.started_unix_second is None  # the date was blanked
    scribner = zplot.read(folder / "Circuit1_EIS_1.z")[0].source
    assert scribner.stated["date"] == "10-12-2018"
    assert scribner.started_unix_second is None  # October or December: not guessed
    chi = spectra_text.CH_INSTRUMENTS.read(folder / "exampleDataCHInstruments.txt")[0].source
    assert chi.stated["Instrument Model"] == "CHI660E"
    assert chi.started_unix_second == 1582214108.0  # Feb. 20, 2020 15:55:08


def test_inductive_points_stay(realdata: Path) -> None:
    path = realdata / "readers" / "eis" / "exampleDataAutolab.txt"
    imaginary = zplot.read(path)[0].array("imaginary_impedance_ohm")
    assert (imaginary[:6] > 0).all()
    assert (imaginary[6:] < 0).all()


def test_files_of_cyclers_are_left_to_their_readers(realdata: Path) -> None:
    strangers = [
        path
        for path in sorted(realdata.rglob("*"))
        if path.is_file() and path.parent.name != "eis" and path.name != "README.md"
    ]
    assert len(strangers) > 20
    claimed = [p.name for p in strangers if any(r.recognises(Head.of(p)) for r in READERS)]
    assert claimed == []


@pytest.mark.parametrize("name", [row[0] for row in SPECTRA] + ["exampleDataParstat.txt"])
def test_damage_gives_a_read_error_or_a_valid_record(
    realdata: Path, tmp_path: Path, name: str
) -> None:
    original = realdata / "readers" / "eis" / name
    reader, data = _reader(original), original.read_bytes()
    rng = np.random.default_rng(20220520)
    damaged = [data[: int(cut)] for cut in rng.integers(0, len(data), 20)]
    for _ in range(200):
        flipped = bytearray(data)
        flipped[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(flipped))
    path = tmp_path / name
    outcomes = set()
    for content in damaged:
        path.write_bytes(content)
        reader.recognises(Head.of(path))
        try:
            records = [sound(record) for record in reader.read(path)]
        except ReadError:
            outcomes.add("error")
            continue
        outcomes.add("records")
        for record in records:
            assert len(record.table) > 0
            assert np.isfinite(record.table.to_numpy(dtype=float)).all()
    assert outcomes == {"error", "records"}
