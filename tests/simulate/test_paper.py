"""The facts that the paper reports of its two cells, with the tolerances that we promise."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.data.record import Technique
from softbreak.simulate.paper import LGPS_CURRENT

AREA = 0.7854


def cycling(outcome):
    """Return hours since the first cycle and mean |V|, of each half-cycle."""
    steps, done, rows = outcome.run.steps, outcome.run.done, outcome.run.rows
    mine = np.flatnonzero(steps["cycle"] >= 0)
    begin = done["start"][mine[0]]
    volts = [
        np.abs(rows["voltage"][done["first"][k] : done["first"][k] + done["rows"][k]]).mean()
        for k in mine
    ]
    return (done["start"][mine] - begin) / 3600.0, np.array(volts)


def peaks(record, vertex, rate=0.2e-3):
    """Return the largest positive current of each voltammetric cycle (mA cm⁻²)."""
    time = record.array("test_time_second")
    period = 4 * vertex / rate
    number = ((time - time[0]) // period).astype(int)
    current = record.array("current_ampere") / AREA * 1e3
    return np.array(
        [current[number == k].max() for k in range(round((time[-1] - time[0]) / period))]
    )


def of(outcome, technique, method=""):
    return [
        r
        for r in outcome.records
        if r.technique is technique and (not method or r.source.method == method)
    ]


def test_lgps_polarises_then_drops_slowly_from_25_hours(paper):
    hours, volts = cycling(paper["LGPS"])
    assert hours[volts.argmax()] == pytest.approx(25.0, rel=0.10)
    assert volts.max() > 2.0
    after = volts[volts.argmax() :]
    assert (np.diff(after) < 1e-3).all()
    # slow: no half-cycle loses more than 5 %
    assert (np.diff(after) / after[:-1]).min() > -0.05


def test_lgps_shows_0_8_volt_at_100_hours_and_stays(paper):
    hours, volts = cycling(paper["LGPS"])
    at = np.interp(100.0, hours, volts)
    assert at == pytest.approx(0.8, rel=0.10)
    assert volts[-1] == pytest.approx(at, rel=0.10)


def test_lgps_leaks_three_times_as_much_afterwards(paper):
    before, after = of(paper["LGPS"], Technique.REST, "CA")
    last = [r.array("current_ampere")[-5:].mean() for r in (before, after)]
    assert last[1] / last[0] == pytest.approx(3.0, rel=0.15)


def test_lgps_voltammetry_falls_before_and_rises_after(paper):
    before, after = (peaks(r, 0.5) for r in of(paper["LGPS"], Technique.VOLTAMMETRY))
    assert before.size == after.size == 4
    assert (np.diff(before) < 0).all()
    assert (np.diff(after) > 0).all()


def test_lgps_spectrum_shrinks_most_at_low_frequency(paper):
    before, after = (r.array("real_impedance_ohm") for r in of(paper["LGPS"], Technique.IMPEDANCE))
    assert after[-1] / before[-1] < 0.5
    assert after[5] / before[5] > 0.8


def test_lpscl_is_soft_at_20_and_hard_at_230_hours(paper):
    truth = paper["LPSCl"].truth
    begin = truth["start_time_second"][0]
    starts = (truth["start_time_second"] - begin) / 3600.0
    assert starts[truth["state"] == "soft"].iloc[0] == pytest.approx(20.0, rel=0.10)
    assert starts[truth["state"] == "hard"].iloc[0] == pytest.approx(230.0, rel=0.10)
    # never healthy again in between
    assert (truth["state"] != "healthy")[10:].all()


def test_lpscl_voltages_are_those_reported(paper):
    hours, volts = cycling(paper["LPSCl"])
    assert volts[0] == pytest.approx(0.020, rel=0.10)
    assert volts[hours > 20.5][0] == pytest.approx(0.007, rel=0.10)
    assert volts[-1] < 0.6e-3


def test_pristine_lpscl_voltammetry_jumps_after_the_first_cycle_then_stays(paper):
    record = of(paper["LPSCl-CV"], Technique.VOLTAMMETRY)[0]
    first, second, *others = peaks(record, 0.2)
    assert second > 2.0 * first
    assert np.ptp(others) < 0.02 * others[0]


def test_hard_lpscl_voltammetry_is_a_straight_line(paper):
    record = of(paper["LPSCl"], Technique.VOLTAMMETRY)[0]
    v, i = record.array("voltage_volt"), record.array("current_ampere")
    slope, offset = np.polyfit(v, i, 1)
    residual = i - slope * v - offset
    assert 1.0 - residual.var() / i.var() > 0.9995
    assert 1.0 / slope < 4.0


def test_hard_lpscl_spectrum_is_an_inductive_line(paper):
    *_, record = of(paper["LPSCl"], Technique.IMPEDANCE)
    f, x = (record.array(c) for c in ("frequency_hertz", "imaginary_impedance_ohm"))
    re = record.array("real_impedance_ohm")
    fast = f > 3e4
    assert (x[fast] > 0).all()
    assert np.polyfit(np.log(f[fast]), np.log(x[fast]), 1)[0] == pytest.approx(1.0, abs=0.05)
    assert np.median(re) < 4.0
    # vertical: the real part hardly moves while the imaginary one climbs to ten times it
    assert np.ptp(re) < 0.05 * np.median(re) + 0.01 * x.max()
    assert x.max() > 3.0 * np.median(re)


def test_activation_energy_falls_with_soft_breakdown(paper):
    spectra = of(paper["LPSCl-T"], Technique.IMPEDANCE)
    kelvin = 273.15 + np.array([-10.0, 0.0, 10.0, 20.0, 30.0, 40.0])
    low = [np.log(r.array("real_impedance_ohm")[-1]) for r in spectra]
    before, after = (
        np.polyfit(1.0 / (8.617333e-5 * kelvin), part, 1)[0] for part in (low[:6], low[6:])
    )
    assert 0.3 < before < 0.5
    assert after < 0.3 * before


def test_lgps_carries_the_current_that_the_paper_applied(paper):
    table = of(paper["LGPS"], Technique.CYCLING)[0].table
    assert table["current_ampere"].abs().median() == pytest.approx(LGPS_CURRENT * AREA, rel=1e-3)
