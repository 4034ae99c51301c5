import numpy as np
import pandas as pd
import pytest

from softbreak.archive.inputs.witnesses import measured_at_once
from softbreak.data.record import Cell, Record, Source, Technique

DAY = 86400.0


def record(path, start, days, *, technique=Technique.CYCLING, reader="neware", absolute=True):
    time = np.linspace(0, days * DAY, 50)
    table = pd.DataFrame({"test_time_second": time, "voltage_volt": 0.1, "current_ampere": 1e-4})
    begun = start * DAY if absolute else None
    source = Source(path, reader=reader, started_unix_second=begun)
    return Record(Cell(), technique, table, source)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([record("a", 0, 5), record("b", 1, 5)], True),
        ([record("a", 0, 9), record("b", 1, 1), record("c", 20, 1)], True),
        ([record("a", 0, 5), record("b", 5, 5), record("c", 11, 5)], False),
        ([record("a", 0, 5), record("b", 5 - 60 / DAY, 5)], False),
        ([record("a", 0, 5), record("a", 1, 5)], False),
        ([record("a", 0, 5), record("b", 1, 5, reader="biologic-mpr")], False),
        ([record("a", 0, 5), record("b", 1, 1, technique=Technique.VOLTAMMETRY)], False),
        ([record("a", 0, 5, absolute=False), record("b", 1, 5, absolute=False)], False),
        ([], False),
    ],
)
def test_only_one_instruments_cycling_at_once_tells_cells_apart(records, expected):
    assert measured_at_once(records) is expected
