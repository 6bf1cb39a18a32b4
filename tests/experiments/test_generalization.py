"""The command that evaluates a population on grids: its flags, and what it leaves."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, refusal
from experiments import generalization, line
from lstm_toys.cli import flags
from lstm_toys.populations import footprint
from lstm_toys.studies.generalization import ask as study
from lstm_toys.studies.generalization import results
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.parameters import Span

SMALL = ("--seeds=3", "--steps=20", "--timesteps=20", "--hidden=4")


def planned(*arguments):
    """The evaluation that a command line asks for."""
    (work,) = generalization.plan(arguments).asks
    return work.settings


def refused(told, *arguments):
    """Expects that a command line is refused in one line that tells something."""
    with pytest.raises(flags.UsageError, match=r"^[^\n]*$") as raised:
        generalization.plan(arguments)
    assert told in str(raised.value)


@pytest.mark.usefixtures("as_users_have_it")
@pytest.mark.parametrize(
    ("planes", "told"),
    [
        (lambda _: [lt.Plane("line", "slope")], "ValueError: a plane must have two axes, each an Axis or a name"),
        (lambda _: None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_planes_that_cannot_be_made_are_told_in_one_line(planes, told, monkeypatch):
    monkeypatch.setattr(line, "EXPERIMENT", dataclasses.replace(line.EXPERIMENT, planes=planes))
    refused("experiment line: its function of settings that returns a list of planes failed: " + told, "--task=line")


def test_flags_of_the_training_and_of_the_grids_stand_in_any_order_and_move_the_training_curves():
    plan = generalization.plan(
        ["--seeds", "3", "--amplitude", "0.2:0.4:3", "--quiet", "--frequency=20", "--steps", "7"]
    )
    settings = plan.asks[0].settings
    assert (settings.trained.seeds, settings.trained.steps, plan.options.quiet) == (3, 7, True)
    by_name = {grid.name: grid for grid in settings.grids}
    assert by_name["amplitude_frequency"].shape == (3, 1)
    assert dict(by_name["amplitude_phase"].parameters) == {"frequency": 20.0, "offset": "amplitude"}
    assert dict(by_name["offset_amplitude"].parameters) == {"frequency": 20.0, "phase": 0.0}
    trained = {"curve": 0, "set": 0, "amplitude": 0.3, "frequency": 10, "phase": 0, "offset": 0.3, "length": 100}
    assert by_name["training"].cells(0, 1, 100, Span()) == {
        **{name: [value] for name, value in trained.items()},
        "spacing": [pytest.approx(1 / 99)],
    }
    (work,) = generalization.plan(["--train_amplitude", "0.6"]).asks
    assert work.subject.trained_on("sine")["offset"] == (0.6, 0.6)
    assert work.settings.grids[0].cells(0, 1, 100, Span())["offset"] == [0.6]


def test_an_experiment_without_planes_has_those_of_the_family_that_it_trains_on():
    for task, trained in {"line": {"slope": 0.176, "intercept": 0.3}, "hill_y": {"height": 0.3, "base": 0.3}}.items():
        (first, second), (training, *others) = trained, planned("--task", task).grids
        assert [grid.name for grid in others] == [f"{first}_{second}", f"length_{first}", f"spacing_{first}"]
        cells = training.cells(0, 1, 100, Span())
        assert {name: cells[name].tolist() for name in trained} == {name: [value] for name, value in trained.items()}


def test_where_every_network_draws_its_curves_others_of_the_same_ranges_stand_for_them():
    cells = planned("--task", "slope_intercept").grids[0].cells(0, 256, 100, Span())
    for name in ("slope", "intercept"):
        assert 0 <= cells[name].min() < 0.02
        assert 0.98 < cells[name].max() < 1
    assert abs(np.corrcoef(cells["slope"], cells["intercept"])[0, 1]) < 0.15


def test_curves_of_a_file_are_asked_instead_of_grids_by_their_numbers_and_not_by_the_name_of_the_file(tmp_path):
    contents = {"a.csv": "up\n0\n0.5\n", "b.txt": "up;\r\n0;\r\n5e-1;\r\n", "c": "up\n0\n0.6\n", "d": "u\n0\n0.5\n"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    one, same, *others = (planned("--curve", str(tmp_path / name)) for name in contents)
    assert one == same
    assert len({one, *others}) == 3
    assert (one.grids, one.curves.names, one.curves.values.tolist()) == ((), ("up",), [[0, 0.5]])
    assert one.as_dict()["curves"] == {"names": ["up"], "span": None, "digest": one.curves.digest}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x,y\n0,1\n0.01,2\n0.02,3\n", "its time points are 0.01 apart, and those that were trained on 0.010101"),
        ("t (ms);y\n0;1\n1;2\n", "its time points are 1 ms apart, and those that were trained on 0.010101;"),
        ("x,y\n0,1\n1,1\n1.5,1\n", "time points must be evenly spaced"),
    ],
)
def test_time_points_of_another_spacing_are_refused(tmp_path, content, told):
    (tmp_path / "mine.csv").write_text(content)
    refused(told, "--curve", str(tmp_path / "mine.csv"))


def test_time_points_are_those_of_a_unit():
    curves = Curves(("y",), np.zeros((1, 3)), Span(4.0, 6.0, unit="ms"))
    study.check_spacing(curves, Span(0, 9.999, unit="ms"), 11)
    study.check_spacing(curves, Span(0, 10), 11)
    with pytest.raises(ValueError, match=r"^its time points are 1 ms apart, and those that were trained on 1 s;"):
        study.check_spacing(curves, Span(0, 10, unit="s"), 11)


def test_a_run_leaves_every_grid_and_the_errors_on_the_training_curve(world):
    run = world("generalization").run
    metrics = json.loads((run / "metrics.json").read_text())
    with results.opened(run / "results.nc") as found:
        assert found.grids["amplitude_frequency"].sizes == {"seed": 3, "amplitude": 4, "frequency": 3}
        for name, grid in found.grids.items():
            assert grid.rmse.dims == ("seed", *results.axes(grid))
            assert np.isfinite(grid.rmse.values).all(), name
        medians = np.median(found.training.rmse.values, axis=(1, 2))
        names = {f"{name}.png" for name in found.grids}
    assert metrics["summary"]["training, RMSE"]["median"] == pytest.approx(np.median(medians))
    assert {path.name for path in run.glob("*.png")} == names | {"axes.png", "seeds.png"}


def folder_of(results: Path) -> Path:
    (folder,) = (results / "runs").glob("generalization_*")
    return folder


@pytest.mark.long
def test_a_finished_run_is_drawn_again(tmp_path, world):
    folder = folder_of(shutil.copytree(world("generalization").results, tmp_path / "copy"))
    before = (folder / "results.nc").stat().st_mtime_ns
    (folder / "axes.png").unlink()
    arguments = [*world("generalization").arguments, f"--results_dir={tmp_path / 'copy'}", "--replot"]
    assert carry_out(generalization, arguments) == 0
    assert (folder / "axes.png").is_file()
    assert (folder / "results.nc").stat().st_mtime_ns == before


@pytest.mark.long
def test_curves_of_ones_own_are_answered_with_bands(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text("down,up\n" + "\n".join(f"{1 - k / 29},{k / 29}" for k in range(30)))
    assert carry_out(generalization, [*SMALL, "--curve", str(path), f"--results_dir={tmp_path}"]) == 0
    assert "each row is one time point, with the spacing of the training: x rises by 0.0526" in capsys.readouterr().out
    folder = folder_of(tmp_path)
    assert (folder / "curves.png").is_file()
    with results.opened(folder / "results.nc") as found:
        assert found.root.answer.dims == ("seed", "curve", "time")
        assert found.root.curve.values.tolist() == ["down", "up"]
        np.testing.assert_allclose(found.root.time, np.arange(30) / 19, rtol=1e-6)
        wrong = np.square(found.root.answer - found.root.input).values[:, :, np.arange(30) / 19 >= 0.1]
        np.testing.assert_allclose(found.root.rmse, np.sqrt(wrong.mean(axis=-1)), rtol=1e-4)


@pytest.fixture
def long_curve(tmp_path):
    path = tmp_path / "long.csv"
    np.savetxt(path, 0.3 + 0.3 * np.sin(np.arange(100_000) / 10), header="y")
    return path


def test_long_curves_that_do_not_fit_are_refused_with_the_estimate(long_curve, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(footprint.os, "sysconf", lambda _: 2**14)
    arguments = ["--hidden=64", "--curve", str(long_curve), f"--results_dir={tmp_path / 'results'}"]
    assert carry_out(generalization, arguments) == 2
    said = r"generalization of sine \(hidden 64, .*\), 16 seeds, for 1 curve of your own: needs about \d\.\d GiB"
    assert re.match(said, refusal(capsys))
    assert not (tmp_path / "results").exists()


ANSWERING = """
import sys
from benchmarks.footprint import peak
from lstm_toys.cli import command, studies
print(command.carry_out(studies.generalization, sys.argv[1:]), peak())
"""


@pytest.mark.long
def test_a_long_curve_is_answered_in_little_memory(long_curve, tmp_path):
    arguments = [f"--curve={long_curve}", f"--results_dir={tmp_path}", "--seeds=16", "--steps=0", "--quiet"]
    done = subprocess.run([sys.executable, "-c", ANSWERING, *arguments], capture_output=True, text=True, check=True)
    code, most = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert done.stderr == ""
    assert int(most) < 2e9
    with results.opened(folder_of(tmp_path) / "results.nc") as found:
        assert found.root.answer.shape == (16, 1, 100_000)
        assert np.isfinite(found.root.rmse.values).all()
        assert "delay" not in found.root
