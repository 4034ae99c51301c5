#!/usr/bin/env bash
# ADWIN never sees a voltage halve, if it is told in volts.
. "$(dirname "$0")/lab.sh"
lab 'river==0.26.1' 'numpy==2.4.6'
python - <<'PY'
import numpy as np
from river import drift
from tell import tell

rng = np.random.default_rng(0)
volts = np.r_[np.full(500, 0.020), np.full(500, 0.010)] + rng.normal(0, 1e-4, 1000)


def alarms(make, values):
    one, at = make(), []
    for row, value in enumerate(values):
        one.update(value)
        if one.drift_detected:
            at.append(row)
    return at


seen = {
    f"{make.__name__} in {unit}": alarms(make, values)
    for make in (drift.ADWIN, drift.PageHinkley)
    for unit, values in (("V", volts), ("mV", 1e3 * volts))
}
tell(
    "river numpy",
    "a fall by half, a hundred times the noise, is found within a few rows in any unit",
    f"{seen} (its bound has a term that supposes values between 0 and 1)",
    holds=seen["ADWIN in V"] == [] and seen["PageHinkley in V"] == []
    and len(seen["ADWIN in mV"]) == 1,
)
PY
