#!/usr/bin/env bash
# A current divided by the electrode's area keeps the unit mA.
. "$(dirname "$0")/lab.sh"
lab 'ixdat==0.4.0' 'numpy==2.2.6' 'scipy==1.17.1' 'pandas==2.3.3' 'matplotlib==3.11.2' 'requests==2.34.2' 'xmltodict==1.0.4'
python - <<'PY'
from ixdat import Measurement
from tell import tell

names = ["mode", "time/s", "Ewe/V", "<I>/mA", "cycle number"]
head = ["EC-Lab ASCII FILE", "Nb header lines : 7", "", "Chronopotentiometry"]
head += ["Acquisition started on : 03/01/2026 10:00:00.000", "", "\t".join(names)]
rows = [f"1\t{second:.6E}\t0.02\t1.000000E+000\t1.000000E+000" for second in range(60)]
with open("cell.mpt", "w", newline="") as file:
    file.write("\r\n".join(head + rows) + "\r\n")
cell = Measurement.read("cell.mpt", reader="biologic")
cell.calibrate(A_el=0.5)
current = cell["current"]
raw = cell["raw_current"]
tell(
    "ixdat",
    f"{raw.data[0]:.0f} {raw.unit_name} on 0.5 cm²: `current` is 2 with the unit mA/cm²",
    f"{current.data[0]:.0f} with the unit {current.unit_name}, named {current.name}",
    holds=current.data[0] == 2 and current.unit_name == raw.unit_name == "mA",
)
PY
