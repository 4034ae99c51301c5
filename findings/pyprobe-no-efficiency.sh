#!/usr/bin/env bash
# Of a cell that charges first, the summary has no coulombic efficiency.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import numpy as np
import polars as pl
from pyprobe.analysis.cycling import summary
from pyprobe.filters import Procedure
from tell import tell

# Three cycles that plate 0.1 mA h and strip 0.09 mA h of it.
current = np.tile(np.r_[np.full(3600, 1e-4), np.full(3240, -1e-4)], 3)
event = np.cumsum(np.r_[0, np.diff(current) != 0])
table = {
    "Time [s]": np.arange(1.0, current.size + 1),
    "Step": event % 2 + 1,
    "Event": event,
    "Current [A]": current,
    "Voltage [V]": 200 * current,
    "Capacity [Ah]": np.cumsum(current) / 3600,
}


def columns(discharge_first):
    procedure = Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})
    return summary(procedure, dchg_before_chg=discharge_first).data.columns


name = "Coulombic Efficiency"
seen = {order: name in columns(order) for order in (True, False)}
tell(
    "pyprobe-data polars",
    "dchg_before_chg says which half-cycle comes first: its column 'Coulombic Efficiency' is 0.9",
    f"column there, by dchg_before_chg: {seen} (told of a charge first it leaves the column out)",
    holds=seen == {True: True, False: False},
)
PY
