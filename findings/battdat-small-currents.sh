#!/usr/bin/env bash
# A solid-state cell at 50 µA rests for ever.
. "$(dirname "$0")/lab.sh"
lab 'battery-data-toolkit==0.4.6' 'numpy==2.4.6' 'pandas==3.1.1' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
import pandas as pd
from battdat.postprocess.tagging import AddState
from tell import tell


def states(size):
    time = np.arange(0.0, 4 * 3600.0, 60.0)
    current = np.where((time // 3600) % 2 == 0, size, -size)
    table = pd.DataFrame({"test_time": time, "current": current, "voltage": 400 * current})
    AddState().enhance(table)
    return sorted({str(getattr(one, "value", one)) for one in table["state"]})


seen = {"50 µA": states(5e-5), "500 µA": states(5e-4)}
tell(
    "battery-data-toolkit pandas",
    "charging and discharging at either current: each is constant and free of noise",
    f"{seen} (below 0.1 mA everything is a hold, whatever the cell's size)",
    holds=seen["50 µA"] == ["hold"] and seen["500 µA"] == ["charging", "discharging"],
)
PY
