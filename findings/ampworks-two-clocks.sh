#!/usr/bin/env bash
# A table that gives time in s and again in h runs 3600 times too slow.
. "$(dirname "$0")/lab.sh"
lab 'ampworks==0.1.0' 'numpy==2.4.6' 'pandas==3.1.1' 'polars==2.1.0'
python - <<'PY'
import ampworks as amp
from tell import tell

with open("cell.csv", "w") as file:
    file.write("Time(s),Time(h),Current(A),Voltage(V)\n")
    file.writelines(f"{60 * k},{k / 60:.5f},0.0005,0.02\n" for k in range(20))
last = float(amp.read_csv("cell.csv")["Seconds"].iloc[-1])
tell(
    "ampworks pandas",
    "1140 s at the last row: the first column that is known is taken, as it is",
    f"{last:.0f} s (the second column's unit is applied to the first column's numbers)",
    holds=last == 1140.0 * 3600.0,
)
PY
