"""What can be said of a cell: texts and finite numbers, whoever says it."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

import softbreak as sb
from softbreak.data.record import plain_cell
from softbreak.errors import SchemaError, SoftbreakError


def nested(depth):
    """A list in a list in a list."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


HOSTILE = {
    "nested": nested(100_000),
    "long": "x" * 1_000_000,
    "nan": float("nan"),
    "infinite": float("inf"),
    "400 digits": 10**400,
    "5000 digits": 10**5000,
    "half a character": "\ud800",
    "zero character": "a\0b",
    "bytes": b"x",
    "object": object(),
    "truth": True,
    "set": {1},
    "complex": 1j,
}
FACTS = [item.name for item in fields(sb.Cell)]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    time = np.arange(1, 301) * 60.0
    current = np.where(time // 3600 % 2 == 0, 1e-4, -1e-4)
    columns = {"test_time_second": time, "voltage_volt": 200 * current, "current_ampere": current}
    path = tmp_path_factory.mktemp("cell") / "cell.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return sb.read(path), path


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_kept_of_a_cell_is_refused_by_name(history, name, value):
    read, path = history
    cell = replace(sb.Cell("c"), **{name: value})
    for ask in (
        lambda: sb.LiveCell(cell),
        lambda: sb.Watcher(cells=[cell]),
        lambda: sb.examine(replace(read, cell=cell)),
        lambda: sb.read(path, **{name: value}),
    ):
        with pytest.raises(SchemaError, match=name) as told:
            ask()
        assert len(str(told.value)) < 200


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_record_is_refused(value):
    with pytest.raises(SoftbreakError, match="update takes a list of records"):
        sb.LiveCell(sb.Cell("c")).update([value])


def test_what_a_cell_has_is_kept():
    cell = sb.Cell("c", "symmetric", "Li", "Li₆PS₅Cl", 0.785, 700.0, np.float64(1e-3), notes="ü\n")
    assert plain_cell(cell) is cell
    assert plain_cell(sb.Cell()) == sb.Cell()
    assert repr(sb.LiveCell(cell))
