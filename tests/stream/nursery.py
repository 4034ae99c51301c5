"""Watches that are killed: children of one process that has everything loaded.

``python -m tests.stream.nursery FOLDER URL SEED KILLS ENGINE STORE`` lets files in FOLDER/live grow
to what they are in FOLDER/done, follows them with STORE and sends to URL. The watch is
killed (SIGKILL) so many times: at random moments, just before and just after a transaction, and
just before and just after a notification was taken, when it is not yet marked as sent. Then it is
let come to its end. Writes what it did as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import alembic.command  # noqa: F401 - what a child would load each time
import polars  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401

from softbreak.stream.notify import PostChannel, Postman
from softbreak.stream.sources import growing
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Pace, Watch
from softbreak.stream.watched_cell import DetectorEngine
from tests.stream.growing import folder
from tests.stream.steps import StepEngine

POINTS = ("moment", "before commit", "after commit", "before send", "after send")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function, count, *, after):
    """Die at the count-th call, before or after it has done its work."""
    left = [count]

    def wrapped(*arguments, **named):
        left[0] -= 1
        if left[0] == 0 and not after:
            die()
        result = function(*arguments, **named)
        if left[0] == 0:
            die()
        return result

    return wrapped


def armed(point, count):
    """Make this process die at a point."""
    when, _, what = point.partition(" ")
    if what == "commit":
        Store.commit = deadly(Store.commit, count, after=when == "after")
    elif what == "send":
        PostChannel.send = deadly(PostChannel.send, count, after=when == "after")


def grow(root, choose):
    """Append a little to the file each cell's cycler is at; return whether all are complete."""
    complete = True
    for cell in sorted((root / "done").iterdir()):
        for done in sorted(cell.iterdir()):
            live = root / "live" / done.relative_to(root / "done")
            if not append(done.read_bytes(), live, choose):
                complete = False
                break
    return complete


def age(root):
    """Let a day go by."""
    for path in (root / "live").rglob("*.*"):
        os.utime(path, (time.time() - 86_400,) * 2)


def append(data, path, choose):
    """Let a file grow, if there is more; return whether it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = path.stat().st_size if path.exists() else 0
    if size < len(data):
        with path.open("ab") as file:
            file.write(data[size : size + choose.randrange(len(data) // 12 + 2)])
    return path.stat().st_size >= len(data)


def live(root, url, engine, choose, place):
    """Follow the files until they are complete and everything is sent."""
    store = Store(place)
    channel = PostChannel(url)
    pace = Pace(checkpoint_second=choose.choice([0.0, 0.05, 1e9]))
    watch = Watch(folder(root / "live"), store, engine, [channel.name], pace=pace)
    postman = Postman(store, [channel], hold_second=0.02)
    complete = False
    while not complete:
        complete = grow(root, choose)
        watch.step()
        postman.deliver()
    age(root)
    watch.run_once()
    while store.outbox()["sent_unix_second"].isna().any():
        postman.deliver()
    store.close()


def child(root, url, engine, seed, fault, place):
    """Fork a watch; return the process."""
    process = os.fork()
    if process:
        return process
    choose = random.Random(seed)
    if fault is not None:
        armed(*fault)
    live(root, url, engine, choose, place)
    os._exit(0)


def main():
    root, url, seed, kills = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    engine = StepEngine() if sys.argv[5] == "steps" else DetectorEngine(sys.argv[5])
    growing._BREATH = 0.0
    choose = random.Random(seed)
    killed, late = Counter(), 0
    while True:
        fault = None
        if killed.total() < kills:
            fault = (choose.choice(POINTS), choose.randrange(1, 4))
        process = child(root, url, engine, choose.random(), fault, sys.argv[6])
        if fault is not None and fault[0] == "moment":
            time.sleep(choose.random() * 0.4)
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            killed[fault[0]] += 1
        elif os.WEXITSTATUS(status):
            sys.exit(1)
        elif killed.total() >= kills:
            break
        else:  # it came to its end before it could be killed: the files begin to grow again
            again(root, choose)
            late += 1
    sys.stdout.write(json.dumps({**killed, "ended before it was killed": late}))


def again(root, choose):
    """Set a cell back to the middle of one of its files: it is measured once more from there."""
    cell = choose.choice(sorted((root / "live").iterdir()))
    files = sorted(cell.iterdir())
    place = choose.randrange(len(files))
    for path in files[place + 1 :]:
        path.unlink()
    data = files[place].read_bytes()
    files[place].write_bytes(data[: data.rfind(b"\n", 0, len(data) // 2) + 1])


if __name__ == "__main__":
    main()
