"""The lifecycle of a run, where a command line alone does not reach."""

import dataclasses
import shutil
import sys

import pytest
from matplotlib.figure import Figure
from rich.console import Console

import lstm_toys as lt
from conftest import carry_out, rarely, refusal
from experiments import line, sweep
from experiments.all import EXPERIMENTS
from lstm_toys import execution
from lstm_toys.cli import command
from lstm_toys.execution.signals import Interruption
from lstm_toys.results import arrays
from lstm_toys.runs import lifecycle, preparation
from lstm_toys.studies.training.study import TrainingStudy

LINE = EXPERIMENTS["line"]


@pytest.fixture
def planned(tmp_path):
    """Makes the work of a small run, and its options."""

    def planned(*arguments):
        plan = command.plan(LINE, ["--seeds=2", "--timesteps=5", f"--results_dir={tmp_path}", *arguments])
        return plan.studies[0], plan.options

    return planned


@pytest.mark.long
def test_a_run_that_another_process_finished_meanwhile_is_passed_over(planned, monkeypatch, capsys):
    """Three runs were unfinished as this process looked; one of them has been finished before its turn."""
    first, options = planned("--steps=3")
    others = [planned(f"--steps={steps}")[0] for steps in (4, 5)]
    footprint = TrainingStudy.footprint

    def finished_meanwhile(study):
        if study is others[0]:
            monkeypatch.setattr(TrainingStudy, "footprint", footprint)
            lifecycle.run([others[0]], options, Console(quiet=True), Interruption())
            before.append(others[0].run.results.stat())
        return footprint(study)

    before = []
    monkeypatch.setattr(TrainingStudy, "footprint", finished_meanwhile)
    lifecycle.run([first, *others], options, Console(), Interruption())
    output = capsys.readouterr().out
    assert "1 of 3: line (hidden none, readout cell): 2 networks, 3 steps" in output
    assert "2 of 3" not in output
    assert "3 of 3: line (hidden none, readout cell): 2 networks, 5 steps" in output
    assert [others[0].run.results.stat()] == before
    assert all(work.run.figures for work in (first, *others))


@pytest.mark.parametrize("away", [shutil.rmtree, lambda folder: folder.rename(folder.parents[1] / "moved")])
@pytest.mark.parametrize("late", [False, True])
def test_a_run_whose_folder_goes_away_fails_and_does_not_make_it_again(
    away, late, planned, tmp_path, monkeypatch, capsys
):
    work, options = planned("--steps=3")
    lifecycle.make_resolver(options, print).identify(work)
    folder = work.run.folder
    module, name = (arrays, "dataset") if late else (preparation, "begin")  # After training, or before.
    function = getattr(module, name)

    def followed(*arguments, **options):
        found = function(*arguments, **options)
        away(folder)
        return found

    monkeypatch.setattr(module, name, followed)
    assert carry_out(LINE, ["--seeds=2", "--timesteps=5", "--steps=3", f"--results_dir={tmp_path}", "--quiet"]) == 1
    output, errors = capsys.readouterr()
    assert (output, errors) == ("", f"{folder} was removed or moved during the run; run the same command again\n")
    assert list(folder.parent.iterdir()) == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The flags of a small run that could not be drawn when it was trained."""
    folder = tmp_path_factory.mktemp("trained")
    arguments = ["--seeds=2", "--timesteps=5", "--steps=3", f"--results_dir={folder}", "--quiet"]
    assert carry_out(dataclasses.replace(LINE, draw=lambda *_: None), arguments) == 1
    return arguments


def nothing(_):
    return []


def drawn(results, _):
    return {"training.png": lt.figures.training_answer(results, "trained on"), "loss.png": lt.figures.loss(results, "")}


@pytest.mark.parametrize("command", [LINE, pytest.param(sweep, marks=pytest.mark.long)])
def test_an_experiment_may_show_nothing_after_training(command, tmp_path, capsys, monkeypatch):
    own = dataclasses.replace(LINE, probes=nothing, draw=drawn, companions=lambda _: {})
    monkeypatch.setattr(line, "EXPERIMENT", own)
    task = [] if command is LINE else ["--task=line"]
    arguments = [*task, "--seeds=2", "--timesteps=5", "--steps=3", f"--results_dir={tmp_path}"]
    assert carry_out(own if command is LINE else command, arguments) == 0
    assert "train MSE" in capsys.readouterr().out
    assert {path.name for path in tmp_path.rglob("*.png")} == {
        "loss.png",
        "training.png" if command is LINE else "rmse.png",
    }


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda *_: None, "returned NoneType, no dictionary of drawings"),
        *rarely(
            (lambda *_: {"loss": Figure()}, "returned Figure under 'loss'; a Figure goes under NAME.png"),
            (lambda *_: {"loss.gif": Figure()}, "returned Figure under 'loss.gif'"),
            (lambda *_: {"../loss.png": Figure()}, "returned Figure under '../loss.png'"),
            (lambda *_: {3: Figure()}, "returned Figure under 3"),
            (lambda *_: {"loss.png": "loss"}, "returned str under 'loss.png'"),
            (
                lambda results, _: {"a.png": lt.figures.family_answers(results, {"unknown": {}}, "")},
                "raised ValueError: unknown probe 'unknown'; available: line, hill (test_lifecycle.py",
            ),
        ),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(draw, told, trained, capsys):
    assert carry_out(dataclasses.replace(LINE, draw=draw), [*trained, "--replot"]) == 1
    errors = refusal(capsys)
    assert told in errors
    assert errors.endswith("; the trained run is kept; --replot draws it again\n")


def test_a_run_that_could_not_be_drawn_is_kept(trained, capsys):
    assert carry_out(LINE, [*trained, "--replot"]) == 0
    assert capsys.readouterr().err == ""


def test_a_missing_package_of_clusters_is_told_before_anything_is_computed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "lstm_toys.execution.cluster", raising=False)
    monkeypatch.delattr(execution, "cluster", raising=False)
    monkeypatch.setattr(TrainingStudy, "digests", None)
    assert carry_out(LINE, ["--cluster=local:1", "--seeds=2", f"--results_dir={tmp_path / 'results'}"]) == 2
    told = "flag --cluster=local:1: needs distributed; run pip install 'lstm_toys[cluster]'"
    assert capsys.readouterr() == ("", f"{told}\n")
    assert not [*tmp_path.iterdir()]


def test_a_place_where_nothing_can_be_published_is_refused_before_training(tmp_path, monkeypatch, capsys):
    (tmp_path / "line").touch()
    monkeypatch.setattr(TrainingStudy, "check", None)
    assert carry_out(LINE, ["--publish", "--seeds=2", "--timesteps=5", f"--results_dir={tmp_path}"]) == 1
    assert f"Not a directory: {tmp_path / 'line'}; everything" in refusal(capsys)
    assert [*tmp_path.iterdir()] == [tmp_path / "line"]
