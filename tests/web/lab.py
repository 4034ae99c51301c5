"""A small lab for the page: an archive with names that mean harm, its results, and a client."""

import warnings

import pandas as pd

from softbreak.archive.triage import triage
from softbreak.web.cells import Live, Results
from softbreak.web.pages import application
from softbreak.web.safety import door_of
from tests.archive.files import write_cell

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette would rather have httpx2 than httpx
    from starlette.testclient import TestClient

PORT = 8765
HARM = "<img src=x onerror=alert(1)>"
HTML = {"content-type": "application/x-www-form-urlencoded"}


def make_results(folder):
    """Triage three cells of two batches; one has a note and a batch that would be markup."""
    root = folder / "archive"
    for name, ohm in (("a", 400.0), ("b", 500.0), ("c", 600.0)):
        write_cell(root / f"{name}.csv", ohm=ohm, cycles=6)
    rows = [("a", "a.csv", "one"), ("b", "b.csv", "one"), (HARM, "c.csv", HARM)]
    table = pd.DataFrame(rows, columns=["cell_id", "files", "batch"])
    table.to_csv(root / "cells.csv", index=False)
    triage(root, folder / "out", workers=0)
    return folder / "out"


def client_of(place, *, token="", host="127.0.0.1", **options):
    """Return a client of the page as a browser on this machine would be."""
    cells = Results(place) if hasattr(place, "is_dir") else Live(place)
    app = application(cells, door_of(host, PORT, token))
    made = TestClient(app, base_url=f"http://{host}:{PORT}", follow_redirects=False, **options)
    made.cells = cells
    return made
