#!/usr/bin/env bash
# The charge of a window of potential lacks what passed between its ends and the rows next to them.
. "$(dirname "$0")/lab.sh"
lab 'ixdat==0.4.0' 'numpy==2.2.6' 'scipy==1.17.1' 'pandas==2.3.3' 'matplotlib==3.11.2' 'requests==2.34.2' 'xmltodict==1.0.4'
python - <<'PY'
import numpy as np
from ixdat import Measurement
from tell import tell

time = np.arange(0, 201, 5.0)  # one row each 5 s at 10 mV/s: 50 mV apart
potential = 0.9 - np.abs(time - 100) * 0.01 - 0.03
names = ["mode", "time/s", "Ewe/V", "<I>/mA", "cycle number"]
head = ["EC-Lab ASCII FILE", "Nb header lines : 7", "", "Cyclic Voltammetry"]
head += ["Acquisition started on : 03/01/2026 10:00:00.000", "", "\t".join(names)]
rows = [
    f"2\t{second:.6E}\t{volt:.6E}\t{1 if second < 100 else -1:.6E}\t1.000000E+000"
    for second, volt in zip(time, potential)
]
with open("cv.mpt", "w", newline="") as file:
    file.write("\r\n".join(head + rows) + "\r\n")
cv = Measurement.read("cv.mpt", reader="biologic").as_cv()
windows = ([0.2, 0.4], [0.4, 0.6], [0.2, 0.6])
low, high, both = (float(cv.integrate("raw_current", vspan=window)) for window in windows)
tell(
    "ixdat numpy",
    "1 mA at 10 mV/s: 20 mC from 0.2 to 0.4 V, 20 mC from 0.4 to 0.6 V, 40 mC from 0.2 to 0.6 V",
    f"{low:.0f}, {high:.0f} and {both:.0f} mC: nothing is interpolated, so each window ends at its "
    "last row inside and two that adjoin add up to less than both",
    holds=np.allclose([low, high, both], [15, 15, 35]),
)
PY
