"""A lab that reviews its own archive: simulated cells of law set b, an oracle that errs, a model.

The cells come as files, are triaged, and are reviewed through the page's own API by somebody who
knows the truth and is wrong about one statement in twenty. A model then learns from these labels
beside simulated cells of law set a, and judges the cells that nobody reviewed.
"""

import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from softbreak.archive.inputs.label_file import read_labels
from softbreak.archive.labelled_cells import labelled_cells
from softbreak.archive.triage import triage
from softbreak.data.expert_labels import COLUMNS, no_labels
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.learned.learners import learner_of
from softbreak.models.registry import detector_of
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe
from softbreak.simulate.presets import write_preset
from softbreak.training.evidence_tables import Gathered
from softbreak.training.measured import archive_of, judged_cells
from softbreak.training.measured_tables import measured_tables
from softbreak.training.population import build
from softbreak.training.recipes import training_recipe
from softbreak.training.train_measured import MeasuredPlan, Mix
from softbreak.training.validate import lesson_of
from tests.web.lab import HTML, client_of

MISTAKES = 0.05
STATES = ("healthy", "soft", "hard")


class Lab:
    """An archive of simulated cells with its results, and the truth that only the oracle knows."""

    def __init__(self, folder, cells, *, cycles, seed, laws="b"):
        purpose = "judge" if laws == "b" else "train"
        recipe = Recipe(cells, seed, laws, purpose, cycles=cycles, every=5)
        write_preset("population", folder / "cells", recipe=recipe)
        self.root = folder / "cells" / "archive"
        self.truth = pd.read_parquet(folder / "cells" / "truth.parquet")
        self.out = folder / "out"
        for detector in ("fused", "hybrid"):  # two opinions, so that the queue sees them differ
            triage(self.root, self.out, detector=detector, workers=0)

    def statements(self, cell_id):
        """Runs of equal true states: first cycle, last cycle, state."""
        cell = self.truth[self.truth["cell_id"] == cell_id].sort_values("cycle_index")
        state = cell["state"].to_numpy(dtype=object)
        run = np.cumsum(np.r_[True, state[1:] != state[:-1]])
        for number in np.unique(run):
            part = cell[run == number]
            yield int(part["cycle_index"].min()), int(part["cycle_index"].max()), part

    def reviewed(self, order, count, seed):
        """Review some cells through the page, and return the labels that it gives out."""
        rng = np.random.default_rng(seed)
        with tempfile.TemporaryDirectory() as place:
            page = client_of(self.out)
            page.post("/reviewer", content=f"reviewer=oracle-{order}-{seed}", headers=HTML)
            names = {row.key: row.cell_id for row in page.cells.rows()}
            for _ in range(count):
                text = page.get(f"/review?order={order}").text
                key = re.search(r'hx-post="/review/([^"]+)"', text)[1]
                self._answer(page, key, names[key], rng)
            (Path(place) / "labels.csv").write_text(page.get("/labels.csv").text)
            page.cells.store.close()
            found = read_labels(Path(place) / "labels.csv")
        return found[found["reviewer"] == f"oracle-{order}-{seed}"]

    def _answer(self, page, key, cell_id, rng):
        for first, last, part in self.statements(cell_id):
            state = part["state"].iloc[0]
            if rng.random() < MISTAKES:
                state = rng.choice([one for one in STATES if one != state])
            form = {"first_cycle": first + 1, "last_cycle": last + 1, "state": state}  # from 1
            done = page.post(f"/review/{key}", data=form)
            assert done.status_code in (200, 422), done.text  # 422: cycles that no file holds

    def known(self, labels):
        """Put labels on the cells of the archive."""
        cells = (
            (Gathered(evidence, tuple(read_spectra(evidence))), one.group, one.labels)
            for one in labelled_cells(self.root, labels)
            for evidence in [gather(one.history)]
        )
        return archive_of(cells)

    def true_labels(self, names):
        """The truth of some cells as labels."""
        part = self.truth[self.truth["cell_id"].isin(names)]
        table = part[["cell_id", "start_time_second", "end_time_second", "state"]].reset_index()
        table = table.reindex(columns=list(COLUMNS)).assign(confidence=1.0, reviewer="truth")
        texts = [name for name, kind in no_labels().dtypes.items() if kind == "object"]
        return table.fillna(dict.fromkeys(texts, ""))


def simulated(model, cells, folder):
    """The simulated cells that every model of a comparison learns from."""
    learner = learner_of(model)
    return lesson_of(build(training_recipe(cells, 1), folder), learner)


def played(lab, lesson, *, model, reviewed, seed, weight=10.0):
    """Scores on the cells that neither order reviewed: with labels, without, rules, baselines."""
    plan = MeasuredPlan(model, weight=weight)
    models, seen = {}, set()
    for order in ("informative", "random"):
        labels = lab.reviewed(order, reviewed, seed)
        seen |= set(labels["cell_id"])
        known = lab.known(labels)
        mix = Mix.of(learner_of(model), lesson, known, plan)
        models[f"{model}, {order} review"] = mix.fitted(np.arange(len(known.truth)))
    models[f"{model}, no review"] = mix.fitted(np.arange(0))
    left = sorted(set(lab.truth["cell_id"]) - seen)
    hidden = lab.known(lab.true_labels(left))
    with tempfile.TemporaryDirectory() as place:
        parts = []
        for number, (name, made) in enumerate(models.items()):
            made.save(Path(place) / str(number), {"model": model})
            detector = detector_of(str(Path(place) / str(number)))
            parts.append(judged_cells(hidden, detector, name))
        for name in ("hybrid", "fused", "cv-hardened"):
            parts.append(judged_cells(hidden, detector_of(name), name))
    return measured_tables(pd.concat(parts, ignore_index=True))["scores"], left
