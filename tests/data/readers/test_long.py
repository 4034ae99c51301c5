"""Long text tables in blocks: the rows of the whole table, whatever stands between them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.data.readers.formats import bdf_blocks as blocks
from softbreak.data.readers.formats import chunked as long
from softbreak.data.readers.registry import read, read_long
from softbreak.errors import ReadError
from tests.metamorphic.recording import recorded
from tests.metamorphic.transforms import TRANSFORMS

ALIKE = (
    "as it is",
    "time in hours",
    "voltage in mV",
    "decimal comma",
    "a delimiter at each end",
    "no end to the last line",
    "blank lines",
    "words below",
    "columns turned",
    "more columns",
    "rows lost",
    "the header again",
    "a header in milli",
    "a header in another order",
)


@pytest.fixture
def small(monkeypatch):
    """Limits that make every file a long one."""
    monkeypatch.setattr(long, "LONG_ROWS", 100)
    monkeypatch.setattr(long, "LONG_BYTES", 1000)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 3000)


@pytest.mark.parametrize("name", ALIKE)
def test_blocks_are_the_rows_of_the_whole(tmp_path: Path, small, name):
    path = TRANSFORMS[name](recorded("soft", "bdf")).write(tmp_path)
    (whole,) = read(path)
    (parts,) = read_long(path)
    table = pd.concat([piece.table for piece in parts.pieces()], ignore_index=True)
    for column in ("test_time_second", "voltage_volt", "current_ampere"):
        np.testing.assert_array_equal(table[column], whole.array(column))
    told = {"second_header", "unfinished_row"}
    assert told & parts.source.stated.keys() == told & whole.source.stated.keys()


def test_newest_first_is_refused(tmp_path: Path, small):
    path = TRANSFORMS["newest first"](recorded("soft", "bdf")).write(tmp_path)
    with pytest.raises(ReadError, match="newest first"):
        read_long(path)


def test_a_dated_table_that_stands_twice_is_refused(tmp_path: Path, small):
    rows = "".join(f"{k}.0,0.{k:03d},0.001,{1_700_000_000 + k}\n" for k in range(200))
    path = tmp_path / "x.csv"
    path.write_text("test_time_second,voltage_volt,current_ampere,unix_time_second\n" + rows * 2)
    with pytest.raises(ReadError, match="exported twice"):
        read_long(path)
    assert len(read(path)[0].table) == 200


def test_names_in_other_units_of_parquet(tmp_path: Path, small):
    path = tmp_path / "x.parquet"
    hours = np.arange(300) / 60.0
    told = {"test_time_hour": hours, "voltage_millivolt": hours, "current_milliampere": hours + 1}
    pd.DataFrame(told).to_parquet(path)
    (whole,), (parts,) = read(path), read_long(path)
    table = pd.concat([piece.table for piece in parts.pieces()], ignore_index=True)
    pd.testing.assert_frame_equal(table, whole.table)
    assert table["test_time_second"].iloc[60] == pytest.approx(3600.0)
