"""Columns that are arrays until somebody wants a DataFrame."""

import pickle
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from softbreak.features.cycles.columns import Columns, columns_of, with_tables


@with_tables("rows")
@dataclass(frozen=True, eq=False)
class Told:
    rows: pd.DataFrame
    name: str


def test_a_frame_has_the_columns_and_is_made_once():
    columns = Columns({"sign": np.array([1, -1]), "path": ["a", "b"]})
    assert len(columns) == 2
    pd.testing.assert_frame_equal(
        columns.frame, pd.DataFrame({"sign": [1, -1], "path": ["a", "b"]})
    )
    assert columns.frame is columns.frame
    assert columns.matrix(["sign"]).tolist() == [[1.0], [-1.0]]


def test_whoever_writes_into_a_frame_leaves_the_arrays_alone():
    ohm = np.array([1.0, 2.0])
    frame = Columns({"ohm": ohm}).frame
    frame.loc[0, "ohm"] = 7.0
    assert ohm.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("given", [Columns({"k": np.arange(3)}), pd.DataFrame({"k": range(3)})])
def test_a_table_is_set_as_either_and_read_as_a_frame(given):
    told = Told(given, "x")
    assert told.rows["k"].tolist() == [0, 1, 2]
    assert columns_of(told, "rows")["k"].tolist() == [0, 1, 2]
    fewer = replace(told, rows=told.rows.iloc[:1])
    assert (len(fewer.rows), len(columns_of(fewer, "rows")), len(told.rows)) == (1, 1, 3)


def test_what_travels_to_another_process_stays_columns():
    told = Told(Columns({"k": np.arange(3)}), "x")
    for other in (copy(told), pickle.loads(pickle.dumps(told))):
        assert columns_of(other, "rows")["k"].tolist() == [0, 1, 2]
        assert (len(other.rows), other.name) == (3, "x")
