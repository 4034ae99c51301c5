#!/usr/bin/env bash
# The Kramers-Kronig test of impedance.py needs a numpy that its own installation does not ask for.
. "$(dirname "$0")/lab.sh"
lab 'impedance==1.7.1' 'numpy==2.4.6' 'pandas==3.1.1' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
from impedance.validation import linKK
from tell import tell

frequency = np.logspace(6, -1, 71)
z = 5 + 40 / (1 + 2j * np.pi * frequency * 1.6e-6)
try:
    linKK(frequency, z)
    seen = "it ran"
except NameError as error:
    seen = f"NameError: {error}"
tell(
    "impedance numpy",
    "pip found the two compatible, so linKK tests a resistor and one RC",
    f"{seen} (the circuit is built as text of numbers, which numpy 2 writes as np.float64(…))",
    holds=seen.startswith("NameError"),
)
PY
