"""The compiled engine against the slow, obvious solution."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.simulate import protocols as p
from softbreak.simulate.engine import run
from softbreak.simulate.laws_a import blank
from softbreak.simulate.paper import lgps
from softbreak.simulate.specimen import make_cell
from tests.simulate.oracle import Oracle


def ageing_sulfide():
    cell = make_cell(
        thickness=0.07, sigma=1.5e-3, interphase=20.0, exchange=2e-3, constriction=5e-3
    )
    cell["slow"], cell["slow_time"], cell["slow_power"] = 0.3, 900.0, 0.7
    law = blank(1)
    law["a_contact"] = law["contact_end"] = 0.8
    law["void_gain"], law["void_scale"], law["repair"] = 0.3, 0.6, 0.4e-3
    law["refill"], law["fill_rate"] = 0.8, 0.05
    law["growth"], law["growth_charge"] = 20.0, 5.0
    return cell, law, 0.5e-3


def lgps_at_its_onset():
    specimen = lgps()
    law = specimen.law.copy()
    law["reacted"] = 0.3
    return specimen.cell, law, 3e-3


def polymer():
    cell = make_cell(thickness=0.01, sigma=3e-4, interphase=20.0, exchange=1e-3, transference=0.3)
    cell["diffusivity"], cell["salt"], cell["reference"] = 6e-8, 1.2e-3, 60.0
    return cell, blank(1), 0.4e-3


@pytest.mark.parametrize("make", [ageing_sulfide, lgps_at_its_onset, polymer])
def test_voltage_and_fraction_agree_within_half_a_percent(make):
    cell, law, current = make()
    program = p.cycling(current, 1.0, 3, temperature=float(cell["reference"][0]))
    done = run((cell, law, None), [program], identities=np.array([0]), frequency=np.array([1.0]))
    oracle = Oracle(cell, law)
    y = oracle.start()
    y[4] = law["reacted"][0]
    lead = float(cell["lead"][0] * cell["area"][0])
    for step, one in zip(done.steps, done.done, strict=True):
        rows = done.rows[one["first"] : one["first"] + one["rows"]]
        times = rows["time"] - one["start"]
        voltage, eta, y = oracle.half_cycle(y, float(step["value"]), times)
        terminal = voltage + lead * step["value"]
        assert np.abs(rows["voltage"] / terminal - 1.0).max() < 0.005
        assert np.abs(rows["eta"] - eta).max() < 0.003
    assert rows["eta"][-1] > 0.3 or make is not lgps_at_its_onset
