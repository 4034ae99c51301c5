"""Cells that are not symmetric are said to be so, with the verb that reads them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import examine


def record(technique, time, volt, ampere, place=0):
    columns = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere}
    table = pd.DataFrame({name: np.asarray(values, float) for name, values in columns.items()})
    return Record(Cell(), technique, table, Source(f"{place}.csv"))


def diagnosed(*records, detector="hybrid", **facts):
    found = examine(assemble(Cell("x", **facts), records), detector)
    return found.summary, set(found.verdicts["state"])


def charge_and_discharge(cycles=6, given=0.99, low=3.0, high=4.2):
    """A full cell, 3 h of charge, a row every two minutes."""
    count = 90
    volt, ampere = [], []
    for _ in range(cycles):
        less = round(count * given)
        volt += [*np.linspace(low, high, count), *np.linspace(high, low, less)]
        ampere += [1e-3] * count + [-1e-3] * less
    return record(Technique.CYCLING, 120.0 * np.arange(len(volt)), volt, ampere)


def test_the_charge_balance_of_a_leaking_full_cell_is_told():
    summary, states = diagnosed(charge_and_discharge(given=0.6))
    assert states == {"undetermined"}
    assert "a discharge gives 60 % of the charge" in summary["summary"]
    assert "leak" in summary["summary"]
    assert "softbreak coulombic" in summary["wanted_measurement"]
    sound, _ = diagnosed(charge_and_discharge(given=0.99))
    assert "leak (" not in sound["summary"]


@pytest.mark.parametrize("detector", ["hybrid", "fused", "voltage"])
def test_a_pulse_and_a_rest_at_a_voltage_are_no_symmetric_cell(detector):
    time = np.concatenate([np.arange(0.0, 10.0), 10.0 + 300.0 * np.arange(1, 145)])
    volt = np.concatenate([np.linspace(0.8, 2.0, 10), 0.29 + 1.7 * np.exp(-np.arange(144) / 20)])
    ampere = np.concatenate([np.full(10, 2e-4), np.zeros(144)])
    cycling = record(Technique.CYCLING, time, volt, ampere)
    summary, states = diagnosed(cycling, detector=detector)
    assert states == {"undetermined"}
    assert "rests at 0.29 V" in summary["summary"]
    # a manifest that says symmetric is contradicted, not believed
    stated, states = diagnosed(cycling, detector=detector, configuration="symmetric")
    assert states == {"undetermined"}
    assert "stated to be symmetric" in stated["summary"]


def test_a_rest_in_a_file_of_its_own_counts():
    hours = np.arange(0.0, 36_000.0, 10.0)
    plating = record(
        Technique.CYCLING, hours, 1.73 - 0.7 * np.exp(-hours / 3e3), np.full(len(hours), 5e-7), 1
    )
    rest = record(Technique.REST, np.arange(600.0), np.full(600, 0.46), np.zeros(600), 0)
    summary, states = diagnosed(rest, plating)
    assert states == {"undetermined"}
    assert "rests at 0.46 V" in summary["summary"]
    at_zero = record(Technique.REST, np.arange(600.0), np.full(600, 0.002), np.zeros(600), 0)
    assert "rests" not in diagnosed(at_zero, plating)[0]["summary"]


def test_a_formation_is_called_one():
    volt = np.concatenate(
        [np.full(120, 1.5), np.linspace(2.6, 3.4, 240), np.linspace(3.3, 2.6, 240)]
    )
    ampere = np.concatenate([1e-4 * np.exp(-np.arange(120) / 40) + 5e-5, np.full(240, 1e-3)])
    ampere = np.concatenate([ampere, np.full(240, -1e-3)])
    summary, states = diagnosed(record(Technique.CYCLING, 60.0 * np.arange(600), volt, ampere))
    assert states == {"undetermined"}
    assert "formation of a full cell" in summary["summary"]
    assert "has grown" not in summary["summary"]


def test_volts_to_and_fro_within_a_second_are_no_contact():
    time = 0.025 * np.arange(44)
    sign = np.where(np.arange(44) // 2 % 2, -1.0, 1.0)
    volt = np.where(sign > 0, 2.1, -0.13) + 0.01 * np.arange(44) / 44
    summary, states = diagnosed(record(Technique.CYCLING, time, volt, 1e-5 * sign))
    assert states == {"undetermined"}
    assert "no contact, or a capacitor" in summary["summary"]


def test_a_charge_far_below_the_rest_is_still_a_short():
    # a full cell, charged at 1.4 V, that falls to 0.1 V under charge
    time = 10.0 * np.arange(6000)
    volt = np.where(np.arange(6000) > 3100, 0.1, 1.4 + 0.01 * np.sin(time / 3e3))
    volt[:30] = 0.76
    volt += np.random.default_rng(1).normal(0.0, 1e-4, 6000)
    ampere = np.full(6000, 1e-4)
    ampere[:30] = 0.0
    summary, states = diagnosed(record(Technique.CYCLING, time, volt, ampere))
    assert summary["state"] in ("soft", "hard")
    assert states & {"soft", "hard"}


def test_a_current_that_is_counted_the_other_way_round_leaks_no_less():
    usual = charge_and_discharge(given=0.7)
    turned = replace(usual, table=usual.table.assign(current_ampere=-usual.table["current_ampere"]))
    told = diagnosed(turned)[0]["summary"]
    assert "a discharge gives 70 % of the charge" in told


def test_one_hold_that_settles_is_no_healthy_cell():
    clock = np.arange(0.0, 3600.0, 5.0)
    ampere = 0.1 / 400.0 * (1.0 + 2.0 * np.exp(-clock / 300.0))
    volt = 0.1 + np.random.default_rng(0).normal(0.0, 2e-6, len(clock))
    summary, states = diagnosed(record(Technique.CYCLING, clock, volt, ampere))
    assert states == {"undetermined"}
    assert "softbreak leakage" in summary["wanted_measurement"]


@pytest.mark.parametrize("detector", ["hybrid", "fused", "voltage"])
def test_three_electrodes_show_one_of_them(detector):
    summary, states = diagnosed(
        half_cycles([0.0] * 8), detector=detector, configuration="three-electrode"
    )
    assert states == {"undetermined"}
    assert "one electrode against a reference" in summary["summary"]
    assert "Ewe − Ece" in summary["wanted_measurement"]


@pytest.mark.parametrize("volts", [[0.05], [0.005, 0.02, 0.05]])
def test_holds_without_an_instruments_word_are_no_cycling(volts):
    time, volt, ampere = [], [], []
    for k, level in enumerate(volt * sign for volt in volts for sign in (1, -1)):
        clock = np.arange(10.0, 3600.1, 10.0)
        time.append(3600.0 * k + clock)
        volt.append(np.full(len(clock), level))
        ampere.append(level / 400.0 * (1.0 + 2.0 * np.exp(-clock / 200.0)))
    cycling = record(Technique.CYCLING, *map(np.concatenate, (time, volt, ampere)))
    summary, states = diagnosed(cycling)
    assert states == {"undetermined"}
    assert "constant voltage" in summary["summary"]
    assert "softbreak leakage" in summary["wanted_measurement"]


def half_cycles(means, *, swing=0.05):
    """Half-hours of both signs about a mean voltage of each cycle."""
    sign = np.where(np.arange(30 * 2 * len(means)) // 30 % 2, -1.0, 1.0)
    volt = np.repeat(means, 60) + swing * sign
    return record(Technique.CYCLING, 60.0 * np.arange(len(sign)), volt, 1e-4 * sign)


def test_a_mean_voltage_that_comes_is_no_symmetric_cell():
    drifting = half_cycles([0.0] * 6 + [0.1, 0.2, 0.3, 0.4])
    summary, states = diagnosed(drifting)
    assert states == {"undetermined"}
    assert "mean voltage moves from 0.00 to" in summary["summary"]
    # an offset of the cycler is none
    assert "mean voltage" not in diagnosed(half_cycles([0.005] * 10))[0]["summary"]
    # nor is one side that runs away
    away = half_cycles([0.0] * 10)
    late = (away.table.index > 400) & (away.table["current_ampere"] > 0)
    away.table.loc[late, "voltage_volt"] = 1.0
    assert "mean voltage moves" not in diagnosed(away)[0]["summary"]


def test_holds_alone_point_to_leakage():
    volts = np.repeat([0.005, 0.025, -0.005, -0.025], 120)
    decay = 1.0 + 0.5 * np.exp(-np.tile(np.arange(120), 4) / 10)
    held = record(Technique.CYCLING, 60.0 * np.arange(480), volts, volts / 40.0 * decay)
    held.table["control_voltage_volt"] = volts
    held.table["control_current_ampere"] = np.nan
    summary, states = diagnosed(held)
    assert states == set()
    assert summary["state"] == "undetermined"
    assert "4 holds at constant voltage (-25 to 25 mV): softbreak leakage" in summary["summary"]
    assert "softbreak leakage" in summary["wanted_measurement"]


def test_spectra_of_a_full_cell_by_the_manifest_are_not_judged():
    hertz = np.logspace(6, -1, 40)
    z = 20.0 + 100.0 / (1 + 2j * np.pi * hertz * 1e-4)
    records = []
    for place, share in enumerate((1.0, 0.3)):
        columns = {
            "frequency_hertz": hertz,
            "real_impedance_ohm": share * z.real,
            "imaginary_impedance_ohm": share * z.imag,
        }
        source = Source(f"{place}.z")
        records.append(Record(Cell(), Technique.IMPEDANCE, pd.DataFrame(columns), source))
    summary, states = diagnosed(*records, configuration="full")
    assert states == {"undetermined"}
    assert "not a symmetric cell" in summary["summary"]


def plated(cycles=6, *, given=1.0, side=1.0, cut_off=1.0):
    """Metal on a bare collector: every strip (current of sign ``side``) runs off at its end."""
    parts, begin = [], 0.0
    for k in range(2 * cycles):
        strips = k % 2 == 1
        count = round(60 * given) if strips else 60
        volt = np.random.default_rng(k).normal(0.03, 1e-4, count)
        volt[-4:] = np.linspace(0.03, cut_off, 4) if strips else 0.03
        sign = side if strips else -side
        parts.append((begin + 60.0 * np.arange(count), sign * volt, np.full(count, 1e-4 * sign)))
        begin += 60.0 * count
    return record(
        Technique.CYCLING, *(np.concatenate(column) for column in zip(*parts, strict=True))
    )


@pytest.mark.parametrize("detector", ["hybrid", "fused"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_collector_that_is_stripped_bare_is_no_symmetric_cell(side, detector):
    summary, states = diagnosed(plated(side=side), detector=detector)
    assert states == {"undetermined"}
    assert "Cu | Li" in summary["summary"]
    assert "100 % of what was plated comes back" in summary["summary"]
    assert diagnosed(plated(side=side, cut_off=0.05), detector=detector)[1] == {"healthy"}


def test_a_collector_whose_strips_no_longer_run_off_may_be_shorted():
    later = plated(2, cut_off=0.002)
    table = later.table.assign(
        test_time_second=later.table["test_time_second"] + 20 * 3600.0,
        voltage_volt=0.06 * later.table["voltage_volt"],
    )
    whole = plated(10)
    shorted = replace(whole, table=pd.concat([whole.table, table], ignore_index=True))
    summary, states = diagnosed(shorted, configuration="symmetric")
    assert states == {"undetermined"}
    assert "is stated to be symmetric, but" in summary["summary"]
    assert "the last 2 of that direction no longer run off" in summary["summary"]
    assert "no longer" not in diagnosed(whole)[0]["summary"]


def test_a_stated_asymmetric_cell_is_judged_unless_charge_is_missing():
    stated = {"configuration": "asymmetric"}
    assert diagnosed(plated(given=0.97), **stated)[1] == {"healthy"}
    summary, states = diagnosed(plated(given=0.8), **stated)
    assert states == {"undetermined"}
    assert "80 % of what was plated comes back: the rest went to electrons" in summary["summary"]


def test_indium_against_lithium_has_a_voltage_of_its_own_whatever_it_polarises_by():
    assert diagnosed(half_cycles([0.62] * 8, swing=1.0))[1] == {"undetermined"}
    assert diagnosed(half_cycles([0.02] * 8, swing=1.0))[1] == {"healthy"}
