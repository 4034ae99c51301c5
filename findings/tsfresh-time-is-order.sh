#!/usr/bin/env bash
# column_sort='time' sorts; slopes and means stay per row, whatever the clock.
. "$(dirname "$0")/lab.sh"
lab 'tsfresh==0.21.2' 'numpy==2.4.6' 'pandas==3.1.1' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
import pandas as pd
from tell import tell
from tsfresh.feature_extraction import extract_features

# a voltage that rises by exactly 10 µV/s; a cycler that writes each minute, then each second
time = np.concatenate([np.arange(0.0, 600.0, 60.0), 600.0 + np.arange(50.0)])
table = pd.DataFrame({"id": 0, "time": time, "voltage": 1e-5 * time})
found = extract_features(
    table,
    column_id="id",
    column_sort="time",
    default_fc_parameters={"linear_trend": [{"attr": "slope"}], "mean": None},
    disable_progressbar=True,
    n_jobs=0,
).iloc[0]
slope, mean = (float(value) for value in found)
by_time = float(np.trapezoid(1e-5 * time, time) / (time[-1] - time[0]))
tell(
    "tsfresh pandas",
    f"a slope of 1e-05 (V/s) and a mean near {by_time:.4f} V (over time): it was given the time",
    f"slope {slope:.2e}, mean {mean:.4f}",
    holds=abs(slope - 1e-5) > 3e-5 and mean > 1.5 * by_time,
)
PY
