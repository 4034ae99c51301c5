"""Two people who review through a page that is killed and started again, any number of times."""

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from softbreak.archive.results.triage_result import load_result
from softbreak.web.cells import REVIEWS_FILE, Results, key_of
from tests.stream.servers import free_port

ROOT = Path(__file__).parents[2]
PEOPLE = ("ann", "bob")
STATES = ("healthy", "soft", "hard", "not_judgeable")
PATIENCE_SECOND = 300.0


class KilledPage:
    """``softbreak serve`` at a port, which can be killed and started again."""

    def __init__(self, out):
        self.out, self.port, self._process = out, free_port(), None

    def start(self):
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "softbreak", "serve", str(self.out)),
                *("--port", str(self.port), "--quiet"),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def post(self, path, who, form):
        """Return the status of an answer; 0 where there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"softbreak_reviewer={who.encode().hex()}",
        }
        try:
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return answer.status


def answers(out, count):
    """What each person says, as addresses and forms, in order."""
    cells = [str(name) for name in load_result(out).cells["cell_id"]]
    told = {}
    for seed, who in enumerate(PEOPLE):
        choose = random.Random(seed)
        told[who] = [
            (
                f"/review/{key_of(choose.choice(cells))}",
                {
                    "first_cycle": k % 3 + 1,
                    "last_cycle": k % 3 + 3,
                    "state": choose.choice(STATES),
                    "note": f"answer {k}",
                    "key": f"{who}-{k}",
                },
            )
            for k in range(count)
        ]
    return told


def reviewed(out, *, count, kills, seed=0, longest_second=1.0):
    """Let both review while the page is killed; return the table, and how many kills there were."""
    page, told, failed = KilledPage(out), answers(out, count), []
    page.start()

    def person(who):
        for path, form in told[who]:
            deadline = time.monotonic() + PATIENCE_SECOND
            while (status := page.post(path, who, form)) != 200:
                if status not in (0, 429, 503) or time.monotonic() > deadline:
                    failed.append((who, form, status))
                    return
                time.sleep(0.05)

    people = [threading.Thread(target=person, args=(who,)) for who in PEOPLE]
    for one in people:
        one.start()
    choose, done = random.Random(seed), 0
    while done < kills:
        _until_it_answers(page)
        time.sleep(choose.uniform(0.0, longest_second))
        page.kill()
        page.start()
        done += 1
    for one in people:
        one.join()
    page.kill()
    assert failed == []
    return table_of(out)


def _until_it_answers(page):
    deadline = time.monotonic() + 60.0
    while page.post("/health", "nobody", {}) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)


def table_of(out):
    """What is stored, without when: each person's rows in their order."""
    cells = Results(out)
    table = cells.reviews.table()
    cells.store.close()
    told = table.drop(columns="reviewed_at").sort_values("reviewer", kind="stable")
    return told.reset_index(drop=True)


def forget(out):
    """Take the reviews away."""
    for path in out.glob(f"{REVIEWS_FILE}*"):
        path.unlink()
