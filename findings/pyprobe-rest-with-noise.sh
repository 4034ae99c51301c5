#!/usr/bin/env bash
# A rest is a rest only where the current is exactly zero; otherwise it is charge and discharge.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import numpy as np
import polars as pl
from pyprobe.filters import Procedure
from tell import tell

rng = np.random.default_rng(0)
event = np.repeat([0, 1, 2, 3], 100)
current = np.repeat([1e-4, 0.0, -1e-4, 0.0], 100)  # half-cycles at 0.1 mA, rests between


def rows(noise):
    measured = current + noise * rng.normal(0, 1, 400)
    table = {
        "Time [s]": 60.0 * np.arange(400),
        "Step": event + 1,
        "Event": event,
        "Current [A]": measured,
        "Voltage [V]": 200 * measured,
        "Capacity [Ah]": np.cumsum(measured) / 60,
    }
    procedure = Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})
    try:
        rest = len(procedure.rest().data)
    except ValueError:
        rest = 0
    return {"rest": rest, "charge": len(procedure.charge().data)}


exact, noisy = rows(0.0), rows(5e-8)  # 0.05 % of the current: a usual converter
tell(
    "pyprobe-data polars",
    "200 rows of rest and 100 of charge, with and without 50 nA of noise",
    f"exact zeros {exact}, with noise {noisy}",
    holds=exact == {"rest": 200, "charge": 100} and noisy["rest"] == 0 and noisy["charge"] > 150,
)
PY
