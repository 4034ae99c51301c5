"""Which kernels a first run compiles, and for which arguments: ``softbreak/compile_ahead.json``.

    python benchmarks/kernel_list.py            # what the list lacks, and what nothing calls
    python benchmarks/kernel_list.py --write    # write it anew (make kernels)

A triage of the example archive is run in this process, and one file diagnosed; what they called is
the list, the largest code first: it takes longest.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from softbreak import compiled, kernel_library
from softbreak.compile_ahead import LIST, entry_of

ARCHIVE = Path(__file__).parents[1] / "examples" / "archive"


def called() -> list[dict[str, Any]]:
    """Run what a first run does, and return the kernels that Python called."""
    made: list[Any] = []
    jit = compiled.jit

    def noted(*told: Any, **options: Any) -> Any:
        made.append(jit(*told, **options))
        return made[-1]

    compiled.jit = noted
    try:
        from softbreak import diagnose, read
        from softbreak.archive.triage import triage

        with tempfile.TemporaryDirectory() as folder:
            triage(ARCHIVE, folder, workers=0)
        diagnose(read(ARCHIVE / "LPSCl_healthy.csv"))
    finally:
        compiled.jit = jit
    entries = [
        (_size(kernel), entry_of(kernel, arguments))
        for kernel in made
        for arguments, result in kernel.overloads.items()
        if not kernel_library.is_part(result)
    ]
    return [entry for _, entry in sorted(entries, key=lambda one: (-one[0], str(one[1])))]


def _size(kernel: Any) -> int:
    """Return the size of a kernel's code on disk (4 KiB): it is only an order."""
    cache = kernel._cache
    folder, name = Path(cache.cache_path), cache._cache_file._index_name.removesuffix(".nbi")
    sizes = [file.stat().st_size for file in folder.glob(f"{name}.*.nbc")]
    return max(sizes, default=0) >> 12


def main() -> None:
    """Write the list, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.once:  # what is compiled here, and not loaded, also is what kernels call
        subprocess.run([sys.executable, __file__, "--once"], check=True)
    now = called()
    if given.once:
        return
    if given.write:
        lines = ",\n".join(json.dumps(entry) for entry in now)
        LIST.write_text(f"[\n{lines}\n]\n", "utf-8")
        return
    listed = json.loads(LIST.read_text("utf-8"))
    plain = json.loads(json.dumps(now))
    wrong = [f"not listed: {one}" for one in plain if one not in listed]
    wrong += [f"listed, but not called: {one}" for one in listed if one not in plain]
    sys.exit("\n".join([*wrong, "make kernels writes the list anew"]) if wrong else 0)


if __name__ == "__main__":
    main()
