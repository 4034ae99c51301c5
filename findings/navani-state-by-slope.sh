#!/usr/bin/env bash
# In an EC-Lab export that has <I> alone, a plating half-cycle becomes a discharge where its voltage creeps down.
. "$(dirname "$0")/lab.sh"
lab 'navani==0.1.22' 'numpy==1.26.4' 'pandas==2.3.3'
python - <<'PY'
import contextlib
import io

import navani.echem as echem
from tell import tell

names = ["mode", "Ns", "time/s", "control/V/mA", "Ewe/V", "<I>/mA", "cycle number"]
head = ["EC-Lab ASCII FILE", "Nb header lines : 5", "", "Galvanostatic Cycling", "\t".join(names)]
rows = []
for k in range(120):
    sign = 1 if k < 60 else -1
    voltage = sign * (0.030 - 0.0001 * (k % 60))  # contact gets better while metal is plated
    rows.append(f"1\t{k // 60}\t{60 * k:.6E}\t{sign:.6E}\t{voltage:.6E}\t{sign:.6E}\t0.0E+00")
with open("cell.mpt", "w", newline="") as file:
    file.write("\r\n".join(head + rows) + "\r\n")
with contextlib.redirect_stdout(io.StringIO()):
    table = echem.echem_file_loader("cell.mpt")
plating = table.loc[table["Current"] > 0, "state"].astype(str).value_counts().to_dict()
tell(
    "navani pandas",
    "state 0 (charge) wherever the current is positive: 60 rows; that is how it documents state",
    f"states of the 60 rows at +1 mA: {plating} (0 charge, 1 discharge, R rest)",
    holds=plating.get("1") == 59 and "0" not in plating,
)
PY
