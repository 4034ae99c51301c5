#!/usr/bin/env bash
# The cycle in which next to nothing came back has no number, and the next one takes it.
. "$(dirname "$0")/lab.sh"
lab 'aurora-cycler-manager==0.11.6' 'polars==2.1.0' 'numpy==2.4.6' 'pandas==2.3.3'
export XDG_DATA_HOME="$LAB" HOME="$LAB"
aurora-setup init "$LAB/project" >setup.log 2>&1
python - <<'PY'
import polars as pl
from aurora_cycler_manager.analysis import analyse_cycles, merge_dfs
from tell import tell

MINUTES_BACK = [600, 600, 6, 500, 500]  # of 600 plated, one row a minute at 1 mA
rows = []
for number, back in enumerate(MINUTES_BACK, 1):
    for sign, minutes in ((1, 600), (-1, back)):
        rows += [(60.0 * (len(rows) + k), 0.02 * sign, 1e-3 * sign, number) for k in range(minutes)]
record = pl.DataFrame(rows, schema=["uts", "V (V)", "I (A)", "cycle_number"], orient="row")
frame, _ = merge_dfs([record])
summary, _ = analyse_cycles(frame, None, None)
efficiency = [round(one) for one in summary["Coulombic efficiency (%)"].to_list()]
cycles = summary["Cycle"].to_list()
fourth = int(frame.filter(pl.col("uts") == 60.0 * (3 * 600 + 1206 + 300))["Cycle"][0])
tell(
    "aurora-cycler-manager polars",
    "five cycles with efficiencies of 100, 100, 1, 83 and 83 %; the tester's cycle 4 is cycle 4",
    f"cycles {cycles} with {efficiency} %; the tester's cycle 4 is cycle {fourth}: below 1 % it is taken for noise",
    holds=cycles == [1, 2, 3, 4] and min(efficiency) > 50 and fourth == 3,
)
PY
