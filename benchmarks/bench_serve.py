"""How quick is the page in a real browser, with many cells and with a long one?

``python benchmarks/bench_serve.py --cells 10000 --samples 10000000``; needs playwright and
Chromium. Opens the table and scrolls through it, opens the long cell and zooms into it, drops a
file; prints the times that a person waits. Cells are SIMULATED resistors: nothing of this depends
on what they show.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from softbreak.archive.triage import triage
from softbreak.web.cells import cells_of
from softbreak.web.serving import Server

ZOOMS = 8
FRAMES = """async () => {
  const gaps = []; let before = performance.now();
  for (let k = 0; k < 240; k++) {
    scrollBy(0, 60);
    await new Promise(requestAnimationFrame);
    const now = performance.now(); gaps.push(now - before); before = now;
  }
  return gaps;
}"""


def cell_table(samples: int, *, half: int, ohm: float, seed: int) -> pd.DataFrame:
    """Half-cycles of so many samples each, on a resistor with noise."""
    rng = np.random.default_rng(seed)
    sign = np.where(np.arange(samples) // half % 2 == 0, 1.0, -1.0)
    current = 1e-4 * sign
    voltage = ohm * current * (1.0 + 0.01 * rng.standard_normal(samples))
    return pd.DataFrame(
        {
            "test_time_second": np.arange(samples, dtype=float) * (3600.0 / half),
            "voltage_volt": voltage,
            "current_ampere": current,
        }
    )


def write_archives(root: Path, cells: int, samples: int) -> None:
    """Many small cells, and a long one."""
    (root / "many").mkdir()
    (root / "long").mkdir()
    for number in range(cells):
        table = cell_table(400, half=20, ohm=300.0 + number % 500, seed=number)
        table.to_csv(root / "many" / f"cell{number:05d}.csv", index=False, float_format="%.6g")
    pd.DataFrame(
        {
            "cell_id": [f"cell{number:05d}" for number in range(cells)],
            "files": [f"cell{number:05d}.csv" for number in range(cells)],
            "batch": [f"batch {number % 20}" for number in range(cells)],
        }
    ).to_csv(root / "many" / "cells.csv", index=False)
    table = cell_table(samples, half=max(samples // 400, 20), ohm=400.0, seed=1)
    table.to_parquet(root / "long" / "long.parquet")


class Visit:
    """A browser at a page, with what its console says."""

    def __init__(self, browser: Any, place: Path) -> None:
        self.server = Server(cells_of(str(place)), port=0)
        self._thread = self.server.start()
        self.page = browser.new_page()
        self.page.set_default_timeout(120_000)
        self.errors: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def close(self) -> None:
        """Go."""
        self.page.close()
        self.server.close(self._thread)

    def opened(self, path: str, sign: str) -> float:
        """Return how long it takes (s) until a sign is there."""
        began = time.perf_counter()
        self.page.goto(self.server.address + path)
        self.page.locator(sign).first.wait_for()
        return time.perf_counter() - began


def many(browser: Any, out: Path) -> dict[str, Any]:
    """Open the table three times, filter it, and scroll."""
    visit = Visit(browser, out)
    opened = [visit.opened("", "tbody tr") for _ in range(3)]
    filtered = visit.opened("?q=cell0&group=batch", "tr.group")
    visit.opened("", "tbody tr")
    gaps = np.array(visit.page.evaluate(FRAMES))
    rows = visit.page.locator("tbody tr").count()
    visit.close()
    return {
        "table_first_second": opened[0],
        "table_again_second": max(opened[1:]),
        "filtered_and_grouped_second": filtered,
        "rows_scrolled_to": rows,
        "frame_millisecond_median": float(np.median(gaps)),
        "frame_millisecond_99_of_100": float(np.quantile(gaps, 0.99)),
        "frames_over_50_millisecond": int((gaps > 50).sum()),
        "errors": visit.errors,
    }


def long(browser: Any, out: Path, dropped: Path) -> dict[str, Any]:
    """Open the long cell, zoom into it, and drop a file."""
    visit = Visit(browser, out)
    visit.opened("", "tbody tr")
    path = visit.page.locator("th[scope=row] a").first.get_attribute("href")[1:]
    opened = [visit.opened(path, ".plot[data-ready=yes]") for _ in range(3)]
    first = zoomed(visit.page, 0.5)
    began = time.perf_counter()
    visit.page.locator(".plot[data-detail=exact]").wait_for()
    ready = time.perf_counter() - began
    zooms = [zoomed(visit.page, share) for share in np.linspace(0.45, 0.05, ZOOMS)]
    visit.opened("", "#file")
    began = time.perf_counter()
    visit.page.set_input_files("#file", dropped)
    visit.page.locator("#dropped .card").wait_for()
    took = time.perf_counter() - began
    visit.close()
    return {
        "cell_first_second": opened[0],
        "cell_again_second": max(opened[1:]),
        "first_zoom_millisecond": first,
        "then_every_sample_after_second": ready,
        "zoom_millisecond_median": float(np.median(zooms)),
        "zoom_millisecond_longest": max(zooms),
        "dropped_file_second": took,
        "errors": visit.errors,
    }


def zoomed(page: Any, share: float) -> float:
    """Drag over a part of the picture; return how long (ms) until all its samples are shown."""
    page.evaluate("traces[0].all(); delete traces[0].box.dataset.detail; traces[0].detailed = ''")
    area = page.locator(".u-over").bounding_box()
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 50)
    page.mouse.down()
    page.mouse.move(area["x"] + (0.5 + share) * area["width"], area["y"] + 60, steps=3)
    began = time.perf_counter()
    page.mouse.up()
    page.locator(".plot[data-detail]").wait_for()
    return 1e3 * (time.perf_counter() - began)


def main() -> None:
    """Make, triage, look, print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="make the archives here, or use those there")
    told = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name:
        root = told.keep or Path(name)
        if not (root / "many").exists():
            root.mkdir(exist_ok=True)
            write_archives(root, told.cells, told.samples)
        began = time.perf_counter()
        for part in ("many", "long"):
            triage(root / part, root / f"{part}-out", detector="fused")
        sys.stderr.write(f"triage: {time.perf_counter() - began:.0f} s\n")
        dropped = root / "dropped.csv"
        cell_table(4000, half=100, ohm=350.0, seed=2).to_csv(dropped, index=False)
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            found = {
                "cells": told.cells,
                "samples": told.samples,
                **many(browser, root / "many-out"),
                "long": long(browser, root / "long-out", dropped),
            }
            browser.close()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
