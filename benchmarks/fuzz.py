"""Fuzz what people outside can reach: messages, manifests, models, tables, files, HTTP.

    python -m benchmarks.fuzz messages --count 1000000 --first 0

Inputs are made by tests/fuzzing.py from their seeds, so that a finding is its seed. Ends with a
line of JSON: counts, the longest time that one input took, and the most memory.
"""

import argparse
import json
import random
import resource
import sys
import time

from softbreak.errors import SoftbreakError
from tests.fuzzing import ONE_LAYOUT, TARGETS, Http, real_reader

HANG_SECOND = 10.0


def main() -> None:
    """Run one target over a range of seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=[*TARGETS, *ONE_LAYOUT, "real-readers", "http"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    told = parser.parse_args()
    http = Http() if told.target == "http" else None
    target = http or {**TARGETS, **ONE_LAYOUT, "real-readers": real_reader}[told.target]
    counts, longest, findings = {"understood": 0, "refused": 0}, 0.0, []
    began = time.perf_counter()
    for seed in range(told.first, told.first + told.count):
        start = time.perf_counter()
        try:
            target(random.Random(seed))
            counts["understood"] += 1
        except SoftbreakError:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 - a finding: told with its seed
            findings.append({"seed": seed, "error": f"{type(error).__name__}: {error}"[:300]})
        took = time.perf_counter() - start
        longest = max(longest, took)
        if took > HANG_SECOND:
            findings.append({"seed": seed, "error": f"took {took:.1f} s"})
    if http is not None:
        http.close()
    answer = {
        "target": told.target,
        "seeds": [told.first, told.first + told.count],
        **counts,
        "seconds": round(time.perf_counter() - began, 1),
        "longest_second": round(longest, 3),
        "most_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "findings": findings[:100],
    }
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
