#!/usr/bin/env bash
# Under pandas 3 a test of 2026 begins in January 1970.
. "$(dirname "$0")/lab.sh"
lab 'batterydf==0.1.0' 'numpy==2.4.6' 'pandas==3.1.1' 'pint==0.25.3'
python - <<'PY'
import bdf
from tell import tell

rows = "".join(
    f"{k + 1},1,1,{60 * k},{60 * k},0.0005,0.02,2026-01-05 08:{k:02d}:00\n" for k in range(40)
)
with open("cell.csv", "w") as file:
    file.write("Record,Cycle,Step,Total Time(s),Time(s),Current(A),Voltage(V),DateTime\n" + rows)
unix = bdf.read("cell.csv")["Unix Time / s"]
first, step = float(unix.iloc[0]), float(unix.iloc[1] - unix.iloc[0])
tell(
    "batterydf pandas",
    "1767600000 s, rows 60 s apart",
    f"{first:.0f} s, rows {step:.3f} s apart: a thousandth (pandas 3 counts µs where 2 counted ns)",
    holds=abs(first - 1_767_600.0) < 1 and abs(step - 0.06) < 1e-6,
)
PY
