#!/usr/bin/env bash
# A table in kΩ and kHz is read as Ω and Hz.
. "$(dirname "$0")/lab.sh"
lab 'pyimpspec==5.1.3' 'numpy==2.4.6' 'scipy==1.17.1' 'pandas==3.1.1'
python - <<'PY'
import numpy as np
from pyimpspec import parse_data
from tell import tell

frequency = np.logspace(6, 0, 13)
z = 2e3 + 80e3 / (1 + 2j * np.pi * frequency * 80e3 * 1e-10)
with open("pellet.csv", "w") as file:
    file.write("Frequency (kHz),Z' (kOhm),-Z'' (kOhm)\n")
    for f, one in zip(frequency / 1e3, z / 1e3):
        file.write(f"{f},{one.real},{-one.imag}\n")
(read,) = parse_data("pellet.csv")
highest, largest = float(read.get_frequencies().max()), float(np.abs(read.get_impedances()).max())
tell(
    "pyimpspec numpy",
    "up to 1e6 Hz and 82 kΩ: the units stand in the heads of the columns",
    f"up to {highest:.0f} Hz and {largest:.0f} Ω: of a head such as Z' (kOhm) the unit is ignored",
    holds=abs(highest - 1e3) < 1e-6 and abs(largest - 82) < 0.5,
)
PY
