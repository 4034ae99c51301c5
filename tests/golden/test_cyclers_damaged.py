"""Damaged files: records or ReadError, nothing else, and never for long."""

import random
import time
from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError

SMALL = 100_000
FILES = [
    "arbin/2017-05-09_test-TC-contact_CH33.csv",
    "arbin/sample_data_arbin.csv",
    "arbin/arbin_example.res",
    "maccor/maccor_001.txt",
    "maccor/sample_data_maccor.csv",
    "maccor/maccor_test_file_4267-66-6519.041",
    "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
    "novonix/sample_data_novonix.csv",
    "basytec/sample_data_basytec.txt",
    "pec/pec.csv",
    "gamry/gamry_cv.DTA",
    "neware/neware_uio.csv",
    "neware/nda_v22.nda.zip",
    "neware/issue94_unit27.ndax",
    "neware/nw4-120-1-6-53.parquet",
    "neware/Experiment_Record.xlsx",
    "../symmetric/thienenkamp_li_peo_li_POL.txt",
]


def survives(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    began = time.monotonic()
    try:
        records = read(path)
    except ReadError as error:
        assert error.path == str(path)
        assert error.found
        assert error.remedy
    else:
        for record in records:
            assert np.isfinite(record.table[list(SERIES_COLUMNS)].to_numpy()).all()
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("name", FILES)
def test_truncated(realdata: Path, tmp_path: Path, name):
    data = (realdata / "readers" / name).read_bytes()
    for twentieth in range(20):
        survives(tmp_path / Path(name).name, data[: len(data) * twentieth // 20])


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits(realdata: Path, tmp_path: Path, name):
    data = (realdata / "readers" / name).read_bytes()
    random_bits = random.Random(name)
    for trial in range(200 if len(data) < SMALL else 20):
        damaged = bytearray(data)
        for _ in range((1, 1, 4, 32)[trial % 4]):
            # Headers are small; half of the flips hit the first pages, where structure is.
            reach = len(data) if trial % 2 else min(len(data), 8192)
            damaged[random_bits.randrange(reach)] ^= 1 << random_bits.randrange(8)
        survives(tmp_path / Path(name).name, bytes(damaged))


def test_truncated_database_says_what_is_missing(realdata: Path, tmp_path: Path):
    path = tmp_path / "cut.res"
    data = (realdata / "readers/arbin/arbin_example.res").read_bytes()
    path.write_bytes(data[: len(data) * 8 // 10])
    (record,) = read(path)
    assert len(record.table) < 2150
    assert (
        record.source.stated["rows_missing"]
        == f"{len(record.table):,} of the 2,150 rows that it declares"
    )


def test_a_torn_last_line_is_left_out(realdata: Path, tmp_path: Path):
    """A file that is still being written must not yield half a number."""
    path = tmp_path / "growing.csv"
    data = (realdata / "readers/arbin/sample_data_arbin.csv").read_bytes()
    at = data.rindex(b"2.650138") + len(b"2.6")
    path.write_bytes(data[:at])
    (record,) = read(path)
    assert len(record.table) == 12
    assert record.table["current_ampere"].iloc[-1] == 2.647604
