"""Kill -9 at hundreds of instants: is everything as it is after an undisturbed run?

Lets the files of simulated cells grow under a watch that is killed at random moments, just before
and after transactions, and just before and after a notification was taken (and not yet marked as
sent); each time it is started again on the same store. In the end everything stored is compared,
and what a receiver got that keeps idempotency keys.

    python benchmarks/kill_watch.py --kills 200
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from softbreak.models.registry import DEFAULT
from softbreak.simulate.export import write_cell
from softbreak.simulate.records import simulate
from tests.stream.servers import postgres
from tests.stream.test_kill import played
from tests.stream.test_watch import FILES


def simulated_files(cells: int, cycles: int, seed: int) -> dict[str, bytes]:
    """Files of simulated cells that break, each as another lab writes them."""
    records, _ = simulate(cells, seed=seed, cycles=cycles, every=cycles // 2, faulty=1.0)
    files = {}
    with tempfile.TemporaryDirectory() as name:
        for k, style in zip(range(cells), ("eclab", "bdf-csv", "neware") * cells, strict=False):
            cell = f"a{seed}-{k:06d}"
            mine = [record for record in records if record.cell.cell_id == cell]
            for path in write_cell(mine, Path(name, cell), style):
                files[path.relative_to(name).as_posix()] = path.read_bytes()
    return files


@contextmanager
def store_of(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Yield the address of a server's store of its own, or nothing for SQLite in its place."""
    if not postgresql:
        yield ""
        return
    folder.mkdir()
    with postgres(folder) as url:
        yield url


def main() -> None:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--engine", default=DEFAULT, help="a detector, or steps")
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--cycles", type=int, default=8)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--postgresql", action="store_true", help="the killed watch's store")
    told = parser.parse_args()
    files = FILES
    if told.engine != "steps":
        files = simulated_files(told.cells, told.cycles, told.seed)
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, "undisturbed"), Path(name, "killed")]
        calm = played(folders[0], 0, engine=told.engine, files=files)
        began = time.perf_counter()
        with store_of(Path(name, "server"), postgresql=told.postgresql) as place:
            tables, received, killed = played(
                folders[1],
                told.kills,
                seed=told.seed,
                engine=told.engine,
                files=files,
                place=place,
            )
        second = time.perf_counter() - began
    late = killed.pop("ended before it was killed")
    print(f"{sum(killed.values())} kills (and {late} that came too late) in {second:.0f} s,")
    print(f"engine {told.engine!r}: {killed}")
    for what, got, wanted in zip(("verdicts", "alarms"), tables, calm[0], strict=True):
        same = got.to_json() == wanted.to_json()
        print(f"{what}: {len(got)} rows, {'equal' if same else 'DIFFERENT'}")
    twice = sum(count - 1 for count in Counter(received).values())
    print(
        f"notifications: {len(set(received))} keys, of the undisturbed run {len(set(calm[1]))}, "
        f"{'equal' if set(received) == set(calm[1]) else 'DIFFERENT'}; "
        f"sent again under a known key: {twice}"
    )


if __name__ == "__main__":
    main()
