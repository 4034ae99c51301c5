#!/usr/bin/env bash
# Of a rate test at three constant currents, constant_current() keeps one.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import numpy as np
import polars as pl
from pyprobe.filters import Procedure
from tell import tell

counts = [60, 60, 40, 40, 30, 30]
current = np.repeat([1e-4, -1e-4, 2e-4, -2e-4, 3e-4, -3e-4], counts)  # exact, without noise
event = np.repeat(np.arange(6), counts)
table = {
    "Time [s]": 60.0 * np.arange(current.size),
    "Step": event + 1,
    "Event": event,
    "Current [A]": current,
    "Voltage [V]": 200 * current,
    "Capacity [Ah]": np.cumsum(current) / 60,
}
procedure = Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})
kept = sorted(set(procedure.constant_current().data["Event"].to_list()))
held = sorted(set(procedure.constant_voltage().data["Event"].to_list()))
tell(
    "pyprobe-data polars",
    "all six steps are constant current; none is constant voltage in a test without holds",
    f"constant_current() keeps steps {kept}, constant_voltage() steps {held}: the commonest value",
    holds=kept == [0, 1] and held == [0, 1],
)
PY
