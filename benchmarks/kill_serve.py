"""Kill -9 the page while two people review: is everything as after an undisturbed run?

    python benchmarks/kill_serve.py --kills 50

Each answer has a key, and is sent until the page says that it is stored. Every column of the
reviews is compared but the moment at which they were stored.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.web.killed_serve import forget, reviewed
from tests.web.lab import make_results


def main() -> None:
    """Review twice, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--answers", type=int, default=300, help="of each of the two")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        out = make_results(Path(name))
        calm = reviewed(out, count=told.answers, kills=0)
        forget(out)
        began = time.perf_counter()
        killed = reviewed(out, count=told.answers, kills=told.kills, seed=told.seed)
        second = time.perf_counter() - began
    print(f"{told.kills} kills in {second:.0f} s; {len(killed)} reviews of two people,")
    print("equal" if killed.equals(calm) else "DIFFERENT")
    sys.exit(not killed.equals(calm))


if __name__ == "__main__":
    main()
