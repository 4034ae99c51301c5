import numpy as np
import pytest

from softbreak.data.readers.epochs import unix_seconds

NOON = 1656676800.0
"""date -u -d "2022-07-01 12:00" +%s"""


@pytest.mark.parametrize(
    "number",
    [
        NOON,
        NOON * 1e3,
        NOON * 1e6,
        NOON * 1e7,
        NOON * 1e9,
        133_011_504_000_000_000.0,  # a Windows file time
        637_922_736_000_000_000.0,  # .NET's ticks
        44743.5,  # a spreadsheet's day
    ],
)
def test_the_size_tells_what_is_counted(number: float):
    found = unix_seconds(np.array([np.nan, 0.0, number, number]))
    np.testing.assert_allclose(found, [np.nan, np.nan, NOON, NOON], atol=1e-3)


def test_what_counts_nothing_known():
    assert np.isnan(unix_seconds(np.array([1.0, 2.0, 3.0]))).all()
    assert np.isnan(unix_seconds(np.array([1e25]))).all()
