#!/usr/bin/env bash
# An EC-Lab text file of ten hours has dates 36 ms apart, and starts charged.
. "$(dirname "$0")/lab.sh"
lab 'pyprobe-data==2.6.1' 'numpy==2.4.6' 'polars==1.44.2'
python - <<'PY'
import polars as pl
from pyprobe.cyclers.biologic import Biologic
from tell import tell

head = ["EC-Lab ASCII FILE", "Nb header lines : 5"]
head += ["Acquisition started on : 05/04/2026 10:00:00.000", ""]
head += ["Ns\ttime/s\tI/mA\tEwe/V\tQ charge/mA.h\tQ discharge/mA.h"]
rows = [f"0\t{600 * k}.0\t0.1\t0.02\t{k / 60:.5f}\t0.0" for k in range(61)]
with open("cell.mpt", "w", encoding="latin-1") as file:
    file.write("\n".join(head + rows) + "\n")
Biologic(input_data_path="cell.mpt", output_data_path="cell.parquet").process()
table = pl.read_parquet("cell.parquet")
seconds = (table["Date"][-1] - table["Date"][0]).total_seconds()
capacity = 1e3 * table["Capacity [Ah]"][0]
tell(
    "pyprobe-data polars",
    "Date runs from 10:00 to 20:00, and Capacity begins at 0 as Q charge does",
    f"Date runs {1e3 * seconds:.0f} ms (seconds are counted as microseconds), and Capacity "
    f"begins at {capacity:.0f} mA h, the most that is charged later",
    holds=abs(seconds - 0.036) < 1e-9 and abs(capacity - 1.0) < 1e-6,
)
PY
