#!/usr/bin/env bash
# How sharp an arc looks in the distribution of relaxation times depends on how many ohms the cell has.
. "$(dirname "$0")/lab.sh"
lab 'pyDRTtools==0.2' 'numpy==2.2.6' 'scipy==1.17.1' 'pandas==3.1.1' 'matplotlib==3.11.2' 'cvxopt==1.3.3' 'scikit-learn==1.9.1' 'PyQt5==5.15.11'
QT_QPA_PLATFORM=offscreen python - <<'PY'
import contextlib
import io

import matplotlib
import numpy as np

matplotlib.use("Agg")
matplotlib.use = lambda *_, **__: None  # importing the package asks for a screen
with contextlib.redirect_stdout(io.StringIO()):
    from pyDRTtools.runs import EIS_object, simple_run
from tell import tell

frequency = np.logspace(6, -2, 81)
one_arc = 10 + 100 / (1 + 2j * np.pi * frequency * 1e-2)


def peak(z):
    """Height of the distribution's peak over the arc's resistance, at the defaults."""
    with contextlib.redirect_stdout(io.StringIO()):
        run = simple_run(EIS_object(frequency, z.real, z.imag))
    return run.gamma.max() / (z.real.max() - z.real.min()), float(np.ravel(run.lambda_value)[0])


large, _ = peak(one_arc)
small, chosen = peak(one_arc / 1000)
tell(
    "pyDRTtools numpy cvxopt",
    "the spectrum of a cell a thousand times larger (all of it divided by 1000) has the same peak, "
    "a thousand times lower",
    f"peak over resistance {large:.2f} for 100 Ω and {small:.2f} for 0.1 Ω, where cross-validation ends at the "
    f"λ it began with ({chosen:.0e})",
    holds=small < 0.7 * large and bool(np.isclose(chosen, 1e-3)),
)
PY
