#!/usr/bin/env bash
# A cycle's charge capacity is its widest swing, not what was charged.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import numpy as np
import polars as pl
from pyprobe.analysis.cycling import summary
from pyprobe.filters import Procedure
from tell import tell

# Steps 1 to 6, written out without a loop: 0.1, 0.2 and 0.3 mA, an hour each way.
event = np.repeat(np.arange(6), 3600)
current = np.repeat([1e-4, -1e-4, 2e-4, -2e-4, 3e-4, -3e-4], 3600)
table = {
    "Time [s]": np.arange(1.0, current.size + 1),
    "Step": event + 1,
    "Event": event,
    "Current [A]": current,
    "Voltage [V]": 200 * current,
    "Capacity [Ah]": np.cumsum(current) / 3600,
}
found = summary(Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})).data
charged = float(found["Charge Capacity [Ah]"][0])
tell(
    "pyprobe-data polars",
    "0.1 + 0.2 + 0.3 = 0.6 mA h of charge, in one cycle or in three",
    f"{found.height} cycle with {1e3 * charged:.2f} mA h: largest less smallest running capacity "
    "of its charging rows",
    holds=found.height == 1 and abs(charged - 0.3e-3) < 1e-6,
)
PY
