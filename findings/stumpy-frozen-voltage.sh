#!/usr/bin/env bash
# A channel that stands still is the most ordinary stretch of all to a matrix profile.
. "$(dirname "$0")/lab.sh"
lab 'stumpy==1.14.1' 'numpy==2.4.6' 'numba==0.68.1' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
import stumpy
from tell import tell

rng = np.random.default_rng(0)
window = 60
voltage = 0.02 * np.sign(np.sin(2 * np.pi * np.arange(3000) / window)) + rng.normal(0, 1e-4, 3000)
voltage[1500:1700] = voltage[1500]  # the logger repeats one value for three cycles
profile = stumpy.stump(voltage, window)[:, 0].astype(float)
frozen = profile[1500 : 1700 - window].max()
ordinary = float(np.median(np.r_[profile[:1400], profile[1760:]]))
tell(
    "stumpy numpy",
    "windows inside the frozen stretch are the discord: nothing else looks like them",
    f"distance inside the freeze {frozen:.3f}, of ordinary cycles {ordinary:.3f}: the best motif",
    holds=frozen == 0.0 and ordinary > 0.01,
)
PY
