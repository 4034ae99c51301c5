"""Features of cycles: what the catalogue says, causality, and what spectra add."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.record import Cell
from softbreak.features.cycles.timeline import EVENT_COLUMNS, Timeline
from softbreak.features.evidence.cell_evidence import SWEEP_COLUMNS, CellEvidence, Spectrum
from softbreak.features.families.cycle import COLUMNS, FEATURES, cycle_features

HOUR = 3600.0


def evidence_of(ohm, spectra=(), cell=None):
    """A cell of two-hour cycles with the given V/I."""
    ohm = np.asarray(ohm, dtype=np.float64)
    count = len(ohm)
    k = np.arange(count)
    cycles = pd.DataFrame(
        {
            "cycle_index": k,
            "start_time_second": 2 * HOUR * k,
            "end_time_second": 2 * HOUR * (k + 1),
            "samples": 100,
            "charge_ampere_second": 1.0,
            "current_ampere": 1e-4,
            "resistance_ohm": ohm,
            "late_resistance_ohm": ohm,
            "noise": 1e-3,
            "asymmetry": 0.0,
            "interval_second": 60.0,
            "temperature_celsius": np.nan,
            "directions": 2,
            "excursions": 0,
            "first_half_cycle": 2 * k,
            "last_half_cycle": 2 * k + 1,
        }
    )
    half = pd.DataFrame(
        {
            "cycle_index": np.repeat(k, 2),
            "first_voltage_volt": 1e-4 * np.repeat(ohm, 2),
            "last_voltage_volt": 1.1e-4 * np.repeat(ohm, 2),
        }
    )
    events = pd.DataFrame({name: np.empty(0) for name in EVENT_COLUMNS})
    timeline = Timeline(half, events, cycles, False, 0, 0.0, 0.01, False, np.nan)
    sweeps = pd.DataFrame({name: np.empty(0) for name in SWEEP_COLUMNS})
    return CellEvidence(cell or Cell("c"), timeline, sweeps, tuple(spectra), False)


def reading(time, high, low, **details):
    known = {
        "kramers_kronig_residual": 1e-3,
        "wire": False,
        "trusted": True,
        "eta": np.nan,
        "lower": np.nan,
        "upper": np.nan,
        "probability_short": np.nan,
        "growth": np.nan,
    }
    return SimpleNamespace(
        time_second=time, high_frequency_ohm=high, low_frequency_ohm=low, **{**known, **details}
    )


def spectrum(time):
    return Spectrum(time, np.array([1.0]), np.array([1.0 + 0j]), np.nan)


def test_catalogue_and_table_agree():
    assert tuple(feature.name for feature in FEATURES) == COLUMNS
    assert tuple(cycle_features(evidence_of([100.0] * 4), ()).columns) == COLUMNS


def test_later_cycles_do_not_change_earlier_rows():
    rng = np.random.default_rng(1)
    ohm = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.05, 30)))
    whole = cycle_features(evidence_of(ohm), ())
    for stop in (1, 7, 20):
        part = cycle_features(evidence_of(ohm[:stop]), ())
        pd.testing.assert_frame_equal(part, whole.iloc[:stop])


def test_a_spectrum_counts_from_the_cycle_in_which_it_was_taken():
    times = (1.0 * HOUR, 9.0 * HOUR)
    readings = [reading(times[0], 40.0, 100.0), reading(times[1], 25.0, 50.0, eta=0.5)]
    table = cycle_features(evidence_of([100.0] * 8, map(spectrum, times)), readings)
    assert table["eis_eta"].isna().to_list() == [True] * 4 + [False] * 4
    assert table["eis_age"].to_list() == [0, 1, 2, 3, 0, 1, 2, 3]
    # 1/50 - 1/100 = 0.01 S and 1/25 - 1/40 = 0.015 S: half as much again at high frequency
    assert table["eis_admittance_low"].iloc[4] == pytest.approx(0.5)
    assert table["eis_flatness"].iloc[4] == pytest.approx(1.5)
    assert table["eis_low_change"].iloc[4] == pytest.approx(np.log(0.5))


def test_a_cell_without_cycles_has_no_rows():
    assert len(cycle_features(evidence_of([]), ())) == 0


def test_the_floor_is_known_where_geometry_is():
    cell = Cell(
        "c", area_cm2=1.0, electrolyte_thickness_um=1000.0, ionic_conductivity_s_per_cm=1e-3
    )
    table = cycle_features(evidence_of([50.0] * 3, cell=cell), ())
    # L/(sigma A) = 0.1 cm / 1e-3 S/cm / 1 cm2 = 100 ohm
    assert table["x_over_floor"].to_numpy() == pytest.approx(np.log(0.5))
    assert cycle_features(evidence_of([50.0] * 3), ())["x_over_floor"].isna().all()


def test_nothing_is_infinite_on_a_dead_short():
    ohm = np.r_[[100.0] * 5, [1e-12, -1e-3, 0.0, np.nan, 1e-6]]
    table = cycle_features(replace(evidence_of(ohm)), ())
    assert not np.isinf(table.to_numpy()).any()
    assert table.iloc[8][["x_over_base", "drops"]].isna().all()
