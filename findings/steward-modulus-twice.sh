#!/usr/bin/env bash
# A spectrum whose modulus stands beside Z' and -Z'' is read as modulus, twice.
. "$(dirname "$0")/lab.sh"
lab 'battery-data-steward==0.4.0' 'polars==1.44.2' 'pandas==3.1.1' 'numpy==2.4.6'
python - <<'PY'
import numpy as np
from battery_data_standard import read_eis
from tell import tell

frequency = np.logspace(5, -1, 13)
z = 5 + 100 / (1 + 2j * np.pi * frequency * 1e-3)
phase = np.degrees(np.angle(z))
columns = {
    "Frequency (Hz)": frequency,
    "Z' (Ω)": z.real,
    "-Z'' (Ω)": -z.imag,
    "Z (Ω)": np.abs(z),
    "-Phase (°)": -phase,
}
with open("nova.csv", "w", encoding="utf-8") as file:
    print(*columns, sep=",", file=file)
    for row in zip(*columns.values()):
        print(*row, sep=",", file=file)
row = read_eis("nova.csv").row(6, named=True)
seen = row["Zre_exp_Ohm"] + 1j * row["Zim_exp_Ohm"]
modulus = abs(z[6])
tell(
    "battery-data-steward polars",
    f"at 100 Hz Z is {z[6]:.1f} Ω, in the columns Z' (Ω), -Z'' (Ω) and Z (Ω) of Metrohm's Nova",
    f"{seen:.1f} Ω, 45° at every frequency: without their marks all three names are one, "
    "and the last of them is taken for both parts",
    holds=np.isclose(seen, modulus + 1j * modulus),
)
PY
