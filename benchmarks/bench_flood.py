"""A flood of new cells by POST: how long does a good cell's message take to be stored?

python -m benchmarks.bench_flood --cells 30000 --second 60
"""

import argparse
import http.client
import json
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from softbreak.stream.pace import Pace
from softbreak.stream.sources.http_inbox import InboxSource
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from softbreak.stream.watched_cell import DetectorEngine
from softbreak.web.watching import Exposed, WebServer


def line(cell: str, number: int) -> str:
    """Return one sample as a message."""
    volt = 0.02 if number // 60 % 2 else -0.02
    sample = {"test_time_second": float(number), "voltage_volt": volt, "current_ampere": volt / 200}
    return json.dumps({"cell_id": cell, "sequence": number, **sample})


def post(port: int, lines: list[str]) -> int:
    """Send; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = "\n".join(lines).encode()
    connection.request("POST", "/chunks", body, {"Content-Type": "application/x-ndjson"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def flood(port: int, names: list[str], stop: threading.Event, answers: list[int]) -> None:
    """Send one message of each new cell, a thousand a POST, again and again while refused."""
    for first in range(0, len(names), 1000):
        while not stop.is_set():
            status = post(port, [line(name, 0) for name in names[first : first + 1000]])
            answers.append(status)
            if status == 200:
                break
            time.sleep(0.2)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=30_000)
    parser.add_argument("--second", type=float, default=60.0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        inbox, store = InboxSource(), Store(str(Path(folder, "store.db")))
        exposed = Exposed(inbox=inbox)
        server = WebServer("127.0.0.1:0", exposed)
        pace = Pace(checkpoint_second=1.0)
        watch = exposed.watch = Watch(inbox, store, DetectorEngine("hybrid"), pace=pace)
        thread = threading.Thread(target=watch.run, args=(0.05,))
        thread.start()
        post(server.port, [line("good", 0)])
        stop, answers = threading.Event(), []
        names = [f"new{k}" for k in range(told.cells)]
        parts = [names[k::8] for k in range(8)]
        for part in parts:
            threading.Thread(
                target=flood, args=(server.port, part, stop, answers), daemon=True
            ).start()
        took, number, end = [], 1, time.monotonic() + told.second
        while time.monotonic() < end:
            began = time.monotonic()
            status = post(server.port, [line("good", number)])
            took.append(time.monotonic() - began if status == 200 else np.inf)
            number += 1
            time.sleep(0.1)
        stop.set()
        answer = {
            "good_messages": len(took),
            "refused_good": int(np.isinf(took).sum()),
            "median_second": round(float(np.median(took)), 3),
            "p99_second": round(float(np.quantile(took, 0.99)), 3),
            "cells_admitted": len(watch.cells),
            "floods_refused": sum(status != 200 for status in answers),
            "most_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        sys.stdout.write(json.dumps(answer, indent=1) + "\n")
        watch.stop.set()
        thread.join()
        server.close()
        store.close()


if __name__ == "__main__":
    main()
