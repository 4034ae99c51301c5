#!/usr/bin/env bash
# Two recorders with one clock are aligned by what each did not record.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2' 'scipy==1.17.1'
python - <<'PY'
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from pyprobe.analysis.time_series import align_data
from pyprobe.filters import Procedure
from tell import tell

start = datetime(2026, 3, 1)


def record(first, last):
    """The same cell at 3.7 V with a pulse of 20 mV, from second `first` to `last`."""
    second = np.arange(first, last, 1.0)
    zeros = np.zeros(second.size)
    table = {
        "Date": [start + timedelta(seconds=float(one)) for one in second],
        "Time [s]": second - first,
        "Voltage [V]": 3.7 + 0.02 * ((second > 900) & (second < 1000)),
        "Current [A]": zeros,
        "Step": zeros.astype(int),
        "Event": zeros.astype(int),
        "Capacity [Ah]": zeros,
    }
    return Procedure(lf=pl.DataFrame(table).lazy(), info={}, readme_dict={})


first, second = record(0, 1800), record(200, 2000)
before = second.data["Date"][0]
align_data(first, second, "Voltage [V]", "Voltage [V]")
shift = (second.data["Date"][0] - before).total_seconds()
tell(
    "pyprobe-data scipy",
    "0 s: both clocks are right and both records hold the same pulse",
    f"{shift:.0f} s (outside of a record the voltage counts as 0, and 3.7 V outweighs any pulse)",
    holds=abs(shift) > 100,
)
PY
