#!/usr/bin/env bash
# The resistance ten seconds into a pulse depends on what else is asked for.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import numpy as np
import polars as pl
from pyprobe.analysis.pulsing import get_resistances
from pyprobe.filters import Procedure
from tell import tell

# A pulse of 1 mA: 20 Ω at once and then 0.1 Ω/s more, one row a minute.
table = {
    "Time [s]": [0.0, 60.0, 60.001, 120.0, 180.0, 180.001],
    "Current [A]": [0.0, 0.0, 1e-3, 1e-3, 1e-3, 0.0],
    "Voltage [V]": [0.0, 0.0, 0.020, 0.026, 0.032, 0.0],
    "Event": [0, 0, 1, 1, 1, 2],
    "Step": [1, 1, 2, 2, 2, 3],
    "Capacity [Ah]": np.zeros(6),
    "SOC": np.full(6, 0.5),
}


def at_ten_seconds(*asked):
    pulse = Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})
    for name in ("Capacity", "SOC"):
        pulse.define_column(name, name)
    found = get_resistances(pulse, r_times=list(asked)).data
    return round(float(found["R_10s [Ohms]"][0]), 2)


seen = {"10 s": at_ten_seconds(10), "10, 20 and 50 s": at_ten_seconds(10, 20, 50)}
tell(
    "pyprobe-data polars",
    "21 Ω at 10 s, on the line between the rows at 0 and 60 s",
    f"in Ω, by the times asked for: {seen} (it interpolates by rows, not by time)",
    holds=seen == {"10 s": 23.0, "10, 20 and 50 s": 21.5},
)
PY
