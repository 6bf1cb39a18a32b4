"""Never yesterday's numbers: what is edited, swapped, deleted or switched is another run, or one true line."""

import dataclasses
import json
import shutil

import pytest

from conftest import carry_out, located, rarely
from experiments import generalization
from experiments.line import EXPERIMENT
from lstm_toys.cli import command
from lstm_toys.tasks import supervision
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.probes import probe

SMALL = ["--seeds=2", "--steps=5", "--timesteps=12", "--hidden=3"]
GRIDS = [
    *("--amplitude=0.1:1:2", "--frequency=10:20:2", "--phase=0:1:2", "--offset=0:1:2", "--slope=0:1:2"),
    *("--intercept=0:1:2", "--length=12:14:2", "--spacing=0.05:0.1:2"),
]


def steeper(x):
    return supervision.reproduce("line", {"slope": 0.9, "intercept": 0.1}, x, ("x", "y"))


def shown(x):
    return [probe("line", "line", {"slope": 0.2, "intercept": 0.3}, x, ("x", "y"))]


def nothing(*_):
    return {}


EDITS = {"task": {"task": steeper}, "probes": {"probes": shown}, "goal": {"goal": Goal(rmse=0.5, features=("y",))}}


def only(folder):
    (run,) = (folder / "runs").iterdir()
    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("made")
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={folder}", "--quiet"]) == 0
    return folder


@pytest.fixture
def copied(made, tmp_path):
    """A copy of it that a test may spoil, and the arguments that made it."""
    shutil.copytree(made, tmp_path / "results")
    return only(tmp_path / "results"), [*SMALL, f"--results_dir={tmp_path / 'results'}"]


@pytest.mark.parametrize("edit", ["task", *rarely("probes", "goal")])
def test_an_edited_experiment_is_another_run_and_says_so(copied, capsys, edit):
    run, arguments = copied
    edited = dataclasses.replace(EXPERIMENT, draw=nothing, **EDITS[edit])
    assert carry_out(edited, arguments) == 0
    output = capsys.readouterr().out
    assert f"line: differs from run {run.name} in " in output
    assert {"task": "training curves", "probes": "probes", "goal": "goal"}[edit] in output.splitlines()[0]
    assert "already finished" not in output
    assert len(list(run.parent.iterdir())) == 2


def test_an_edited_figure_is_not(copied, capsys):
    assert carry_out(dataclasses.replace(EXPERIMENT, draw=nothing, compare=lambda _: []), copied[1]) == 0
    assert "line: already finished" in capsys.readouterr().out


def advised(arguments, capsys):
    """The one line that a command ends with."""
    assert carry_out(EXPERIMENT, [*arguments, "--quiet"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.mark.parametrize("content", ["", *rarely("{", "[]", "3", '{"files": {}}', '{"files": 3, "seconds": 1}')])
def test_a_spoiled_summary_is_told_and_the_advice_helps(copied, capsys, content):
    run, arguments = copied
    whole = (run / "metrics.json").read_text()
    (run / "metrics.json").write_text(content)
    assert "metrics.json: is damaged" in (told := advised(arguments, capsys))
    assert "--restart runs it again" in told
    if content == "":  # The advice is the same, and so is what it does.
        assert carry_out(EXPERIMENT, [*arguments, "--quiet", "--restart"]) == 0
        assert json.loads((run / "metrics.json").read_text())["train_mse"] == json.loads(whole)["train_mse"]


@pytest.mark.parametrize("name", [*rarely("results.nc", "parameters.npz"), "population.json"])
def test_a_finished_run_whose_file_is_gone_is_made_again(copied, capsys, name):
    run, arguments = copied
    whole = (run / name).read_bytes()
    (run / name).unlink()
    assert carry_out(EXPERIMENT, arguments) == 0
    assert f"{name} is missing; running again" in capsys.readouterr().out
    if name != "results.nc":  # Of which netCDF does not write the same bytes twice.
        assert (run / name).read_bytes() == whole or name == "population.json"


@pytest.mark.long
def test_results_of_another_run_are_not_redrawn(copied, capsys):
    run, arguments = copied
    assert carry_out(EXPERIMENT, [*arguments, "--base_seed=1", "--quiet"]) == 0
    (other,) = set(run.parent.iterdir()) - {run}
    shutil.copy(other / "results.nc", run / "results.nc")
    told = advised([*arguments, "--replot"], capsys)
    assert "results.nc: is damaged or belongs to another run" in told
    assert carry_out(EXPERIMENT, [*arguments, "--restart", "--quiet"]) == 0
    assert carry_out(EXPERIMENT, [*arguments, "--replot", "--quiet"]) == 0


@pytest.mark.long
def test_a_configuration_that_was_edited_is_told_and_the_advice_helps(copied, capsys):
    run, arguments = copied
    config = json.loads((run / "config.json").read_text())
    (run / "results.nc").unlink()
    (run / "config.json").write_text(json.dumps({**config, "seeds": 3}))
    assert "config.json: is damaged: it does not match the name" in advised(arguments, capsys)
    assert carry_out(EXPERIMENT, [*arguments, "--restart", "--quiet"]) == 0
    assert json.loads((run / "config.json").read_text()) == config


@pytest.mark.parametrize("name", ["config.json", *rarely("metrics.json")])
def test_a_folder_in_the_place_of_a_file_is_told_and_the_advice_helps(copied, capsys, name, tmp_path):
    run, arguments = copied
    (run / name).rename(tmp_path / name)
    (run / name).mkdir()
    for more in ([], ["--restart"]):
        if more or name == "metrics.json":
            told = advised([*arguments, *more], capsys)
            assert f"{name} is a folder, but must be a file; move it elsewhere" in told
    (run / name).rename(tmp_path / "moved")
    assert carry_out(EXPERIMENT, [*arguments, "--restart", "--quiet"]) == 0


def test_publishing_leaves_what_is_a_user_s(copied):
    run, arguments = copied
    target = run.parents[1] / "line"
    assert carry_out(EXPERIMENT, [*arguments, "--publish", "--quiet"]) == 0
    (target / "README.md").write_text("mine")
    (target / "mine.png").write_text("mine")
    assert carry_out(EXPERIMENT, [*arguments, "--publish", "--quiet"]) == 0
    assert (target / "README.md").read_text() == (target / "mine.png").read_text() == "mine"
    assert {path.name for path in target.iterdir()} > {"line.png", "loss.png", "metrics.json", "manifest.json"}


@pytest.mark.long
@pytest.mark.parametrize("others", [["--base_seed=3"], ["--hidden=4"]])
def test_parameters_of_other_networks_are_not_evaluated(tmp_path, capsys, others):
    from experiments.sine import EXPERIMENT as SINE

    place = [f"--results_dir={tmp_path}", "--quiet"]
    for more in ([], others):
        assert carry_out(SINE, [*SMALL, *more, *place]) == 0
    mine, other = (located(command.plan(SINE, [*SMALL, *more, *place]).studies[0]) for more in ([], others))
    shutil.copy(other / "parameters.npz", mine / "parameters.npz")
    assert carry_out(generalization, ["--task=sine", *SMALL, *GRIDS, *place]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "parameters.npz: is damaged or belongs to another run" in told
    assert "remove its folder and run the same command again" in told


@pytest.mark.long
def test_parameters_after_other_steps_are_kept(tmp_path):
    arguments = [*SMALL, f"--results_dir={tmp_path}", "--quiet"]
    assert carry_out(EXPERIMENT, [*arguments, "--keep_steps=0,3"]) == 0
    names = {path.name for path in only(tmp_path).glob("*.npz")}
    assert names == {"parameters.npz", "parameters-0.npz", "parameters-3.npz"}
    assert carry_out(EXPERIMENT, [*arguments, "--keep_steps=0,5"]) == 2
