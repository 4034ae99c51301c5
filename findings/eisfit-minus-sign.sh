#!/usr/bin/env bash
# A column headed -Z'' is read as Z''.
. "$(dirname "$0")/lab.sh"
lab 'eisfit==0.2.0' 'numpy==2.4.6' 'pandas==2.3.3' 'scipy==1.17.1' 'matplotlib==3.11.2'
python - <<'PY'
import numpy as np
from eisfit.io import load_eis
from tell import tell

frequency = np.logspace(5, -1, 13)
z = 10 + 100 / (1 + 2j * np.pi * frequency * 1e-3)
with open("cell.csv", "w", encoding="utf-8") as file:
    print("Frequency (Hz),Z' (Ohm),-Z'' (Ohm)", file=file)
    for row in zip(frequency, z.real, -z.imag):
        print(*row, sep=",", file=file)
_, read = load_eis("cell.csv")
tell(
    "eisfit pandas",
    f"at 100 Hz {z[6]:.1f} Ω: most programs export -Z'', and its header says so",
    f"{read[6]:.1f} Ω: the arc has become an inductive loop",
    holds=bool(np.allclose(read, z.conj())),
)
PY
