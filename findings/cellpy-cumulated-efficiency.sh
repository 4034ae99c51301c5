#!/usr/bin/env bash
# The cumulated coulombic efficiency of a cell adds up percentages.
. "$(dirname "$0")/lab.sh"
lab 'cellpy==1.0.3' 'numpy==2.2.6' 'pandas==2.3.3'
python - >log <<'PY'
import logging

import pandas as pd

logging.disable(logging.CRITICAL)
import cellpy

BACK = 0.9
rows = []
for cycle in (1, 2, 3):
    for name, sign, share in (("CC Chg", 1, 1), ("CC DChg", -1, BACK)):
        step = 2 * cycle - (sign > 0)
        for minute in range(61):
            passed = 1e-3 * minute / 60 * share
            rows.append(
                {
                    "DataPoint": len(rows) + 1,
                    "Cycle Index": cycle,
                    "Step Index": step,
                    "Step Type": name,
                    "Time": f"{minute // 60:02d}:{minute % 60:02d}:00",
                    "Cumulative Time": f"{step - 1 + minute // 60:02d}:{minute % 60:02d}:00",
                    "Current(A)": sign * share * 1e-3,
                    "Voltage(V)": 0.02 * sign + 1e-6 * minute,
                    "Chg. Cap.(Ah)": passed * (sign > 0),
                    "Chg. Energy(Wh)": 0.02 * passed * (sign > 0),
                    "DChg. Cap.(Ah)": passed * (sign < 0),
                    "DChg. Energy(Wh)": 0.02 * passed * (sign < 0),
                    "Date": pd.Timestamp("2026-03-01") + pd.Timedelta(minutes=60 * (step - 1) + minute),
                    "dQ/dV(Ah/V)": 0.0,
                    "Contact resistance(mO)": 0.0,
                    "Power(W)": 0.02e-3,
                }
            )
pd.DataFrame(rows).to_csv("cell.csv", index=False)
cell = cellpy.get("cell.csv", instrument="neware_txt", model="UIO", cycle_mode="cathode")
cell.data.summary.to_csv("summary.csv")
PY
python - <<'PY'
import pandas as pd
from tell import tell

table = pd.read_csv("summary.csv")
each = table["coulombic_efficiency"].tolist()
last = table["cumulated_coulombic_efficiency"].iloc[-1]
total = 100 * table["cumulated_discharge_capacity"].iloc[-1] / table["cumulated_charge_capacity"].iloc[-1]
tell(
    "cellpy pandas",
    f"three cycles of {each[0]:.0f} %: cumulated, what all of them gave back of all they took, {total:.0f} % "
    "(or their product, 73 %)",
    f"cumulated_coulombic_efficiency is {last:.0f} %, the sum",
    holds=all(abs(one - 90) < 1e-6 for one in each) and abs(last - 270) < 1e-6,
)
PY
