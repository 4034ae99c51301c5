#!/usr/bin/env bash
# A Neware CSV in mA is read as amperes.
. "$(dirname "$0")/lab.sh"
lab 'batterydf==0.1.0' 'numpy==2.4.6' 'pandas==3.1.1' 'pint==0.25.3'
python - <<'PY'
import bdf
from tell import tell

HEAD = "Record,Cycle,Step,Total Time(s),Time(s),Current({unit}),Voltage(V)\n"
for unit, current in (("mA", 0.5), ("A", 0.0005)):
    rows = "".join(f"{k + 1},1,1,{60 * k},{60 * k},{current},0.02\n" for k in range(40))
    with open(f"{unit}.csv", "w") as file:
        file.write(HEAD.format(unit=unit) + rows)
seen = {unit: float(bdf.read(f"{unit}.csv")["Current / A"].iloc[0]) for unit in ("mA", "A")}
tell(
    "batterydf pandas pint",
    "0.0005 A from both: the header says mA, and the package knows units (pint)",
    f"column 'Current / A' from a header in mA and in A: {seen}",
    holds=seen == {"mA": 0.5, "A": 0.0005},
)
PY
