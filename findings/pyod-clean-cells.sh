#!/usr/bin/env bash
# A detector fitted on healthy cycles alone calls a tenth of them outliers, one with certainty.
. "$(dirname "$0")/lab.sh"
lab 'pyod==3.6.7' 'numpy==2.4.6' 'scikit-learn==1.9.1' 'scipy==1.17.1'
python - <<'PY'
import numpy as np
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from tell import tell

rng = np.random.default_rng(0)
healthy = rng.normal(0.02, 1e-4, (1000, 2))  # two features of a healthy cell, nothing wrong
others = rng.normal(0.02, 1e-4, (1000, 2))
seen = {}
for model in (IForest(random_state=0), ECOD()):
    model.fit(healthy)
    seen[type(model).__name__] = (
        round(float(model.predict(others).mean()), 2),
        float(model.predict_proba(healthy)[:, 1].max()),
    )
tell(
    "pyod numpy",
    "a detector that saw only healthy cycles flags next to none of the next healthy thousand, "
    "and none with a high probability",
    f"share of healthy cycles flagged, highest probability: {seen}",
    holds=all(0.08 < share < 0.12 and top > 0.999 for share, top in seen.values()),
)
PY
