#!/usr/bin/env bash
# An EC-Lab table with its mode column loses the sign of the current.
. "$(dirname "$0")/lab.sh"
lab 'ampworks==0.1.0' 'numpy==2.4.6' 'pandas==3.1.1' 'polars==2.1.0'
python - <<'PY'
import ampworks as amp
from tell import tell


def written(name, with_mode):
    head = ["time/s", "Ecell/V", "<I>/mA"]
    rows = [[str(60 * k), "0.02", "0.5"] if k < 10 else [str(60 * k), "-0.02", "-0.5"] for k in range(20)]
    if with_mode:  # 1: galvanostatic
        head, rows = ["mode", *head], [["1", *row] for row in rows]
    with open(name, "w") as file:
        file.write("\n".join("\t".join(row) for row in [head, *rows]) + "\n")
    return amp.read_table(name)["Amps"].iloc[[0, -1]].round(6).tolist()


seen = {"without mode": written("a.txt", False), "with mode": written("b.txt", True)}
tell(
    "ampworks pandas",
    "+0.0005 A in the first half-cycle, -0.0005 A in the second, with or without the column",
    f"{seen} (mode is taken for the state of charge, and the sign from it)",
    holds=seen == {"without mode": [0.0005, -0.0005], "with mode": [0.0005, 0.0005]},
)
PY
