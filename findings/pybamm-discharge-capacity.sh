#!/usr/bin/env bash
# 'Discharge capacity' runs backwards on charge and is never reset by a cycle.
. "$(dirname "$0")/lab.sh"
lab 'pybamm==26.10.1.1' 'numpy==2.4.6' 'casadi==3.8.1'
python - <<'PY'
import pybamm
from tell import tell

pybamm.set_logging_level("ERROR")
cycle = ("Discharge at 1C for 6 minutes", "Charge at 1C for 6 minutes")
simulation = pybamm.Simulation(
    pybamm.lithium_ion.SPM(),
    experiment=pybamm.Experiment([cycle] * 2),
    parameter_values=pybamm.ParameterValues("Chen2020"),
)
solution = simulation.solve(initial_soc=0.8)
discharged = solution["Discharge capacity [A.h]"].entries
summary = solution.summary_variables["Capacity [A.h]"][0]
seen = f"largest {discharged.max():.2f}, at the end {abs(discharged[-1]):.2f}"
tell(
    "pybamm",
    "1.0 A h at the end of two cycles that discharge 0.5 A h each, or 0.5 if each starts anew; "
    "and 0.5 A h as the cycle's 'Capacity' in the summary",
    f"{seen} A h; 'Capacity [A.h]' in the summary of each cycle {summary:.2f} A h: what its "
    "electrodes could give, not what was cycled",
    holds=abs(discharged.max() - 0.5) < 1e-3 and abs(discharged[-1]) < 1e-3 and summary > 5.0,
)
PY
