"""Temperature series: which spectrum belongs to which, and whose temperature is whose."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.evidence.temperature_series import Series, series_of, split_at_return

HOUR, WEEK = 3600.0, 7 * 86_400.0
SHORT = [25.0, 0.0, -20.0, 25.0]


def series(celsius, hours, cycled=()):
    passed = np.zeros(len(celsius))
    for place in cycled:
        passed[place:] += 3e4
    ohm = 100.0 * np.exp(-np.asarray(celsius) / 30.0)
    return Series(np.array(celsius), ohm, np.array(hours) * HOUR, passed)


def parts(*args, **more):
    return [part.celsius.tolist() for part in split_at_return(series(*args, **more))]


def test_the_return_belongs_to_the_series_that_it_ends():
    assert parts(SHORT + SHORT, [0, 1, 2, 3, 168, 169, 170, 171]) == [SHORT, SHORT]
    # another order, and another range, in the second series
    second = [0.0, 25.0, 40.0]
    assert parts(SHORT + second, [0, 1, 2, 3, 168, 169, 170]) == [SHORT, second]


def test_cycling_between_spectra_parts_two_series_within_a_day():
    hours = [0, 1, 2, 3, 14, 15, 16, 17]
    assert parts(SHORT + SHORT, hours, cycled=[4]) == [SHORT, SHORT]


def test_a_night_within_a_series_does_not_part_it():
    assert parts(SHORT, [0, 1, 15, 16]) == [SHORT]
    assert parts([25.0, 0.0, -20.0, 0.0, 25.0], [0, 1, 2, 14, 15]) == [[25, 0, -20, 0, 25]]


def test_without_times_a_second_sweep_of_the_range_parts_them():
    assert parts(SHORT + SHORT, [0] * 8) == [SHORT, SHORT]
    falling = [40.0, 20.0, 0.0, -20.0]
    assert parts(falling + falling, [0] * 8) == [falling, falling]


def test_two_series_in_each_other_are_taken_apart():
    celsius = np.repeat(SHORT, 2)
    healthy, shorted = 100.0 * np.exp(-celsius / 30.0), 50.0 + 0.0 * celsius
    ohm = np.where(np.arange(8) % 2, np.minimum(shorted, 0.5 * healthy), healthy)
    hours = np.arange(8.0) * HOUR
    found = split_at_return(Series(celsius, ohm, hours, np.zeros(8)))
    assert [part.celsius.tolist() for part in found] == [SHORT, SHORT]
    assert (found[0].ohm > found[1].ohm).all()
    # a spectrum taken twice, the second better settled, is one series
    settled = np.where(np.arange(8) % 2, 1.08, 1.0) * healthy
    assert len(split_at_return(Series(celsius, settled, hours, np.zeros(8)))) == 1


def spectrum(name, ohm, began):
    hertz = np.geomspace(1e6, 0.1, 30)
    z = ohm / (1.0 + 2j * np.pi * hertz * 1e-4)
    table = pd.DataFrame(
        {
            "frequency_hertz": hertz,
            "real_impedance_ohm": z.real,
            "imaginary_impedance_ohm": z.imag,
        }
    )
    source = Source(name, started_unix_second=began)
    return Record(Cell("x"), Technique.IMPEDANCE, table, source)


def test_temperatures_go_with_the_files_as_they_were_named():
    # named from cold to warm, measured from warm to cold
    records = [spectrum("cold.z", 300.0, 7200.0), spectrum("warm.z", 100.0, 0.0)]
    history = assemble(Cell("x"), records)
    found = series_of(history, [-20.0, 25.0], [Path("cold.z"), Path("warm.z")])
    assert found.celsius.tolist() == [25.0, -20.0]
    assert found.ohm == pytest.approx([100.0, 300.0], rel=0.01)
    # of a folder: in the order of time
    assert series_of(history, [25.0, -20.0], [Path("folder")]).celsius.tolist() == [25.0, -20.0]
