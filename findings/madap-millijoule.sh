#!/usr/bin/env bash
# The activation energy of an electrolyte's conductivity comes out in mJ/mol.
. "$(dirname "$0")/lab.sh"
lab 'MADAP==1.2.8' 'numpy==2.4.6' 'pandas==2.3.3' 'scikit-learn==1.9.1'
python - <<'PY'
import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from tell import tell

logging.disable(logging.CRITICAL)
from madap.echem.arrhenius.arrhenius import Arrhenius

celsius = pd.Series([0.0, 20.0, 40.0, 60.0, 80.0])
conductivity = 1e3 * np.exp(-40e3 / 8.314 / (celsius + 273.15))
fit = Arrhenius(celsius, conductivity)
fit.analyze()
fit.save_data(".")
saved = json.loads(next(Path("data").glob("*linear_fit.json")).read_text(encoding="utf-8"))
(key,) = [name for name in saved if name.startswith("activation")]
tell(
    "MADAP",
    "40 kJ/mol (0.41 eV), as S/cm at 0 to 80 °C were made with",
    f'"{key}": {saved[key]:.1f}, by its own attributes and its log too: a millionth of a kJ for each kJ',
    holds=key == "activation [mJ/mol]" and abs(saved[key] - 40) < 1e-6,
)
PY
