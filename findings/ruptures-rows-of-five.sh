#!/usr/bin/env bash
# A noise-free drop at row 103 is found at row 100 or 105 by all but one search.
. "$(dirname "$0")/lab.sh"
lab 'ruptures==1.1.10' 'numpy==2.4.6' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
import ruptures as rpt
from tell import tell

voltage = np.r_[np.full(103, 0.02), np.full(97, 0.01)] * 1e3  # mV, without any noise
found = {
    "Pelt": rpt.Pelt("l2").fit(voltage).predict(pen=1)[0],
    "Binseg": rpt.Binseg("l2").fit(voltage).predict(n_bkps=1)[0],
    "Dynp": rpt.Dynp("l2").fit(voltage).predict(n_bkps=1)[0],
    "Window": int(rpt.Window(width=40, model="l2").fit(voltage).predict(n_bkps=1)[0]),
    "KernelCPD": rpt.KernelCPD("linear").fit(voltage).predict(n_bkps=1)[0],
}
tell(
    "ruptures numpy",
    "103 from every search: Pelt and Dynp are called exact",
    f"{dict(found)} (only multiples of jump=5 are looked at)",
    holds=found.pop("KernelCPD") == 103 and all(at in (100, 105) for at in found.values()),
)
PY
