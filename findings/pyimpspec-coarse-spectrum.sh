#!/usr/bin/env bash
# Exact, and 38 % beside the Kramers-Kronig relations, with one point a decade.
. "$(dirname "$0")/lab.sh"
lab 'pyimpspec==5.1.3' 'numpy==2.4.6' 'scipy==1.17.1' 'pandas==3.1.1'
python - <<'PY'
import numpy as np
from pyimpspec import DataSet, perform_kramers_kronig_test
from tell import tell


def spectrum(frequency):
    w = 2 * np.pi * frequency
    return 5 + 40 / (1 + (1j * w * 40 * 4e-8) ** 0.9) + 300 / (1 + (1j * w * 300 * 1e-6) ** 0.85)


def worst(frequency, z):
    found = perform_kramers_kronig_test(DataSet(frequencies=frequency, impedances=z), num_procs=1)
    return round(float(max(np.abs(part).max() for part in found.get_residuals_data()[1:])), 3)


coarse, fine = np.logspace(6, -1, 8), np.logspace(6, -1, 22)
seen = {
    "1 a decade": worst(coarse, spectrum(coarse)),
    "3 a decade": worst(fine, spectrum(fine)),
    "3 a decade, both signs wrong": worst(fine, -spectrum(fine)),
}
tell(
    "pyimpspec numpy",
    "fewer points are easier to fit: residuals stay small; swapped leads (-Z) are caught",
    f"largest residual in %: {seen}",
    holds=seen["1 a decade"] > 5 and seen["3 a decade"] < 1
    and seen["3 a decade, both signs wrong"] < 1,
)
PY
