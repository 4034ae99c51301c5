"""Arrow's streams, which have no footer, beside its files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError

TIME = np.arange(50) * 60.0
VOLT = np.where(TIME // 600 % 2, -0.1, 0.1)


def stream(path: Path, columns: dict[str, object], compression: str | None = None) -> Path:
    table = pa.table(columns)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema, options=options) as out:
        out.write_table(table, max_chunksize=20)
    return path


@pytest.mark.parametrize("compression", [None, "zstd"])
@pytest.mark.parametrize(
    "columns",
    [
        {"test_time_second": TIME, "voltage_volt": VOLT, "current_ampere": VOLT / 100},
        {"Time (d)": TIME / 86_400, "U [mV]": VOLT * 1e3, "I [mA]": VOLT * 10, "note": ["x"] * 50},
    ],
)
def test_a_stream_is_read(tmp_path: Path, columns: dict[str, object], compression: str | None):
    (record,) = read(stream(tmp_path / "cell.arrows", columns, compression))
    np.testing.assert_allclose(record.array("test_time_second"), TIME)
    np.testing.assert_allclose(record.array("voltage_volt"), VOLT)
    np.testing.assert_allclose(record.array("current_ampere"), VOLT / 100)


def test_streams_of_other_things_and_cut_ones_are_refused(tmp_path: Path):
    with pytest.raises(ReadError, match="foo"):
        read(stream(tmp_path / "foo.arrow", {"foo": TIME, "bar": VOLT}))
    columns = {"test_time_second": TIME, "voltage_volt": VOLT, "current_ampere": VOLT}
    path = stream(tmp_path / "cut.arrow", columns)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ReadError):
        read(path)
    (tmp_path / "mark.arrow").write_bytes(b"\xff\xff\xff\xff" + b"\x40\0\0\0" + b"x" * 500)
    with pytest.raises(ReadError):
        read(tmp_path / "mark.arrow")
