#!/usr/bin/env bash
# Two voltammograms joined share their cycle numbers: cycle 1 is the first of both, with the hour between them.
. "$(dirname "$0")/lab.sh"
lab 'ixdat==0.4.0' 'numpy==2.2.6' 'scipy==1.17.1' 'pandas==2.3.3' 'matplotlib==3.11.2' 'requests==2.34.2' 'xmltodict==1.0.4'
python - <<'PY'
import numpy as np
from ixdat import Measurement
from tell import tell

NAMES = ["mode", "time/s", "Ewe/V", "<I>/mA", "cycle number"]


def voltammogram(path, clock):
    """Two cycles of 200 s from -0.1 to 0.9 V and back at 10 mV/s, begun at `clock`."""
    head = ["EC-Lab ASCII FILE", "Nb header lines : 7", "", "Cyclic Voltammetry"]
    head += [f"Acquisition started on : 03/01/2026 {clock}:00:00.000", "", "\t".join(NAMES)]
    rows = []
    for second in range(400):
        phase = second % 200
        volt = 0.9 - 0.01 * abs(phase - 100)
        current = 1 if phase < 100 else -1
        rows.append(f"2\t{second:.6E}\t{volt:.6E}\t{current:.6E}\t{1 + second // 200:.6E}")
    with open(path, "w", newline="") as file:
        file.write("\r\n".join(head + rows) + "\r\n")
    return Measurement.read(path, reader="biologic")


joined = (voltammogram("a.mpt", 10) + voltammogram("b.mpt", 11)).as_cv()
cycles = np.unique(joined["cycle"].data)
first = joined[1].t
span = first[-1] - first[0]
tell(
    "ixdat numpy",
    "four cycles, as its own plain selector counts them; cycle 1 lasts 199 s",
    f"as a voltammogram it has cycles {[int(cycle) for cycle in cycles]}; cycle 1 has {first.size} rows "
    f"and lasts {span:.0f} s",
    holds=list(cycles) == [1, 2] and first.size == 400 and span > 3600,
)
PY
