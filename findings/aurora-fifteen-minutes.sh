#!/usr/bin/env bash
# A half-cycle whose rows lie more than ten minutes apart passes no charge.
. "$(dirname "$0")/lab.sh"
lab 'aurora-cycler-manager==0.11.6' 'polars==2.1.0' 'numpy==2.4.6' 'pandas==2.3.3'
export XDG_DATA_HOME="$LAB" HOME="$LAB"
aurora-setup init "$LAB/project" >setup.log 2>&1
python - <<'PY'
import polars as pl
from aurora_cycler_manager.analysis import analyse_cycles, merge_dfs
from tell import tell


def charge_capacities(every):
    """What two cycles of 1 mA for ten hours each way charge, by rows `every` so many seconds."""
    second = list(range(0, 4 * 36_000 + 1, every))
    current = [1e-3 if (at // 36_000) % 2 == 0 else -1e-3 for at in second]
    record = {
        "uts": [float(at) for at in second],
        "V (V)": [20 * one for one in current],
        "I (A)": current,
        "cycle_number": [1 + at // 72_001 for at in second],
    }
    frame, _ = merge_dfs([pl.DataFrame(record)])
    summary, _ = analyse_cycles(frame, None, None)
    return summary["Charge capacity (mAh)"].to_list()


ten, fifteen = charge_capacities(600), charge_capacities(900)
tell(
    "aurora-cycler-manager polars",
    "1 mA for ten hours charges 10 mAh, by rows ten or fifteen minutes apart",
    f"{ten[0]:.1f} mAh by rows of ten minutes, {fifteen[0]:.1f} mAh in either cycle by rows of fifteen: "
    "intervals of more than 600 s count as a gap",
    holds=abs(ten[0] - 10) < 0.2 and fifteen == [0, 0],
)
PY
