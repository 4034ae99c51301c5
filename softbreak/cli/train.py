"""``softbreak train``: learn from simulated cells, validate on unseen families, track, register."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from softbreak.cli.console import (
    DONE,
    FOUND,
    Json,
    Quiet,
    Verbose,
    print_json,
    progress_bar,
    say,
    speak,
)

if TYPE_CHECKING:
    from softbreak.training.train import Plan, Trained
    from softbreak.training.train_measured import MeasuredPlan

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak train --default --out model    "
    "softbreak train --model lightgbm --cells 600 --trials 20 --register softbreak"
)
def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="Receives the model and its card.")],
    model: Annotated[str, typer.Option(help="What learns; `softbreak models` lists them.")] = "",
    default: Annotated[
        bool, typer.Option("--default", help="The shipped models, rebuilt bit for bit.")
    ] = False,
    cells: Annotated[
        int | None, typer.Option(min=20, help="Simulated cells to learn from.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=999, help="Seeds from 1000 on are for judging.")
    ] = None,
    trials: Annotated[
        int, typer.Option(min=0, help="Of a search for hyperparameters; 0 takes the usual ones.")
    ] = 0,
    validate: Annotated[
        bool,
        typer.Option(help="Train once more for each failure family, leaving it out."),
    ] = True,
    population: Annotated[
        Path | None, typer.Option(help="Keep the simulated cells here, for the next time.")
    ] = None,
    track: Annotated[
        bool, typer.Option(help="Log to MLflow (sqlite:///mlflow.db, or MLFLOW_TRACKING_URI).")
    ] = True,
    register: Annotated[str, typer.Option(help="Register the model under this name.")] = "",
    alias: Annotated[str, typer.Option(help="Alias of the registered version.")] = "champion",
    archive: Annotated[
        Path | None, typer.Option(help="Your own cells, to learn from beside simulated ones.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="What you know of their cycles: labels.csv.")
    ] = None,
    group: Annotated[
        str, typer.Option(help="Column of the manifest: its groups are held out together.")
    ] = "",
    weight: Annotated[
        float, typer.Option(min=0.1, help="Simulated cells that one measured cell counts as.")
    ] = 10.0,
    judging: Annotated[
        int, typer.Option(min=1, help="Simulated cells that judge a model of your own labels.")
    ] = 64,
    force: Annotated[
        bool, typer.Option("--force", help="Champion even if worse; the registry says so.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes; changes speed only.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Train a detector on simulated cells (law set a), and say how good it is on unseen failures.

    Validation leaves each failure family out in turn. The same command gives the same bits. With
    --archive and --labels it learns from your own cells too, is tried on those of them that it was
    not shown, and becomes champion only if it is not worse than hybrid and fused. Exit code: 0
    done; 1 a model that was rebuilt is not the shipped one, or may not be champion; 2 could not
    run.
    """
    speak(quiet, verbose)
    if archive is not None or labels is not None:
        if archive is None or labels is None or default or trials:
            raise typer.BadParameter("--archive and --labels go together, without --default")
        raise typer.Exit(
            _own(
                _own_plan(model, cells, seed, weight, judging),
                (archive, labels, group),
                out,
                population=population,
                workers=workers,
                names=(register, alias) if track else None,
                force=force,
                as_json=as_json,
                quiet=quiet,
            )
        )
    if default:
        if model or cells is not None or seed is not None or trials:
            raise typer.BadParameter("the shipped models have their own settings; leave them out")
        same = _rebuild(out, population, workers, track=track, as_json=as_json, quiet=quiet)
        raise typer.Exit(DONE if same else FOUND)
    plan = _plan(model, cells, seed, trials, validate)
    trained = _run(plan, out, population, workers, quiet)
    uri = _track(trained, register, alias) if track else ""
    if as_json:
        print_json(_told(trained, uri))
    elif not quiet:
        _tell(trained, uri)


def _own_plan(
    model: str, cells: int | None, seed: int | None, weight: float, judging: int
) -> MeasuredPlan:
    from softbreak.training.train_measured import MeasuredPlan

    usual = MeasuredPlan()
    return MeasuredPlan(
        model or usual.model,
        usual.cells if cells is None else cells,
        usual.seed if seed is None else seed,
        weight,
        judging=judging,
    )


def _own(
    plan: MeasuredPlan,
    where: tuple[Path, Path, str],
    out: Path,
    *,
    population: Path | None,
    workers: int,
    names: tuple[str, str] | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train on own labels; say 1 if a champion was asked for and refused."""
    from softbreak.cli import measured

    trained = measured.train_on(
        plan, where, out, population=population, workers=workers, quiet=quiet
    )
    uri = measured.track(trained, where[1], *names, force=force) if names else ""
    if as_json:
        print_json(measured.told_of(trained, uri))
    elif not quiet:
        measured.tell(trained, uri)
    refused = names is not None and bool(names[0]) and not (trained.gate.open or force)
    return FOUND if refused else DONE


def _rebuild(
    out: Path, population: Path | None, workers: int, *, track: bool, as_json: bool, quiet: bool
) -> bool:
    """Train the shipped models anew; say whether they came out the same."""
    from softbreak.models.registry import PRETRAINED, fingerprint
    from softbreak.training.train import shipped_plans

    told = []
    with tempfile.TemporaryDirectory(prefix="softbreak-train-") as place:
        for name, plan in shipped_plans().items():
            # models that learn from the same cells share them
            cells = (population or Path(place)) / f"cells-{plan.cells}-seed-{plan.seed}"
            trained = _run(plan, out / name, cells, workers, quiet)
            uri = _track(trained, "", "") if track else ""
            same = fingerprint(trained.folder) == fingerprint(PRETRAINED / name)
            told.append({**_told(trained, uri), "name": name, "same_as_shipped": same})
            if not (as_json or quiet):
                _tell(trained, uri)
                say(f"{name}: {'the same as' if same else 'DIFFERS FROM'} the shipped model")
    if as_json:
        print_json({"models": told})
    return all(one["same_as_shipped"] for one in told)


def _plan(model: str, cells: int | None, seed: int | None, trials: int, validate: bool) -> Plan:
    from softbreak.training.train import Plan

    if not model:
        raise typer.BadParameter("say --default, or which --model learns")
    usual = Plan(model)
    return Plan(
        model,
        usual.cells if cells is None else cells,
        usual.seed if seed is None else seed,
        trials,
        validate,
    )


def _run(plan: Plan, out: Path, population: Path | None, workers: int, quiet: bool) -> Trained:
    from softbreak.training.train import train as run

    with progress_bar(quiet) as bar:
        task = bar.add_task("Simulating cells", total=None)

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        return run(plan, out, population=population, workers=workers, told=told)


def _track(trained: Trained, register: str, alias: str) -> str:
    from softbreak.report.evaluation_pictures import evaluation_pictures
    from softbreak.training import logged, tracking

    with tempfile.TemporaryDirectory(prefix="softbreak-figures-") as folder:
        heading = "simulated cells, each failure family left out in turn"
        evaluation_pictures(Path(folder), trained.tables, trained.importances, heading=heading)
        with tracking.run(f"{trained.plan.model}, {trained.plan.cells} cells") as run:
            return logged.log(
                run,
                trained,
                figures=Path(folder),
                register=register or None,
                aliases=(alias,) if alias else (),
            )


def _told(trained: Trained, uri: str) -> dict[str, Any]:
    from softbreak.models.registry import fingerprint

    mark = fingerprint(trained.folder)
    return {"model": str(trained.folder), "sha256": mark, "uri": uri, "card": trained.card}


def _tell(trained: Trained, uri: str) -> None:
    from softbreak.models.registry import fingerprint
    from softbreak.training.logged import SHOWN

    scores = trained.card["families_left_out"]
    if scores:
        say("SIMULATED cells of failure families that the model had not seen:")
        for name in SHOWN:
            if name in scores:
                say(f"  {name:<24}{scores[name]:10.3f}")
    say(f"Model: {trained.folder.resolve()}  (sha256 {fingerprint(trained.folder)[:16]})")
    if uri:
        say(f"MLflow: {uri}")
