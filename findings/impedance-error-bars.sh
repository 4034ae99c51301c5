#!/usr/bin/env bash
# Error bars of a fit at its default weighting, where the noise is a share of |Z|, as analysers state their accuracy.
. "$(dirname "$0")/lab.sh"
lab 'impedance==1.7.1' 'numpy==2.4.6' 'scipy==1.17.1' 'pandas==3.1.1' 'matplotlib==3.11.2'
python - <<'PY'
import numpy as np
from impedance.models.circuits import CustomCircuit
from tell import tell

true = np.array([10, 100, 1e-6, 5000, 1e-3])
frequency = np.logspace(6, -2, 81)
omega = 2 * np.pi * frequency
z = 10 + 100 / (1 + 1j * omega * 1e-4) + 5000 / (1 + 1j * omega * 5)
random = np.random.default_rng(0)
found, bars = [], []
for _ in range(60):
    noise = random.normal(size=81) + 1j * random.normal(size=81)
    circuit = CustomCircuit("R0-p(R1,C1)-p(R2,C2)", initial_guess=list(true))
    circuit.fit(frequency, z + 0.01 * np.abs(z) * noise)
    found.append(circuit.parameters_)
    bars.append(circuit.conf_)
scatter = 100 * np.std(found, axis=0) / true
stated = 100 * np.mean(bars, axis=0) / true
tell(
    "impedance numpy scipy",
    f"1 % of noise on 10 Ω, 100 Ω and 5 kΩ: conf_ is how far fits scatter, {scatter[0]:.1f} % for the 10 Ω of "
    f"the electrolyte and {scatter[3]:.2f} % for the 5 kΩ",
    f"conf_ is {stated[0]:.0f} % and {stated[3]:.2f} %: every point counts as if it had the same noise in Ω "
    "unless weight_by_modulus is asked for",
    holds=stated[0] > 10 * scatter[0] and stated[3] < scatter[3] / 2,
)
PY
