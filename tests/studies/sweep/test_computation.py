"""Sweeps: each setting is the run of the experiment, in as few programs as there are shapes."""

import json
import signal
from itertools import product

import jax
import numpy as np
import pytest
import xarray as xr
from commands import sweep

import lstm_toys as lt
from conftest import carry_out, executed, rarely
from experiments.all import EXPERIMENTS
from lstm_toys.execution.signals import Interruption
from lstm_toys.populations import blocks, train
from lstm_toys.results import storage
from lstm_toys.results.arrays import names_of, nodes_of, parts_of
from lstm_toys.runs import flags
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.identity import SWEPT, Settings
from lstm_toys.studies.sweep.settings import SweepSettings, expand
from lstm_toys.studies.sweep.study import Sweep
from lstm_toys.studies.training.study import Training

FLAGS = ["--timesteps=20", "--optimizer=sgd"]
VECTORS = "--hidden=4 --timesteps=8 --optimizer=sgd"


@pytest.fixture(scope="module")
def swept(world):
    return world("sweep")


@pytest.fixture(scope="module")
def found(swept):
    return load(swept.run)


def load(run):
    return lt.load_results(run / "results.nc")


def alone(folder, task, *arguments):
    """The labeled results of an ordinary run."""
    settings, _ = parse(EXPERIMENTS[task], ["--seeds=3", *arguments])
    return storage.load_results(executed(Training(EXPERIMENTS[task], settings), folder).results)


def assert_same(swept, number, run, last=True):
    """A setting of a sweep has the tree of its own training, but for the training curve and the frames, bit by bit.

    Of fewer steps than the longest, histories have other records.
    """
    (part,) = (each for each in parts_of(swept) if number in each.setting)
    ours, theirs = (nodes_of(each) for each in (part.sel(setting=number), run))
    assert ours.keys() == theirs.keys()
    for name, node in theirs.items():
        own = ours[name].drop_vars("setting", errors="ignore")
        if name == "training":
            node = node.drop_dims(["curve", "example", "frame_step", "time"], errors="ignore")
            own = own.dropna("step", how="all", subset=["train_loss"])
            common = node.step if last else np.intersect1d(own.step, node.step)
            assert {0, int(node.step[-1])} <= {*np.asarray(common).tolist()}
            assert last or own.step[-1] == node.step[-1]
            own, node = (each.sel(step=common) for each in (own, node))
        xr.testing.assert_identical(*(each.drop_attrs(deep=False) for each in (own, node)))


@pytest.mark.parametrize(
    ("rate", "hidden", "steps"),
    [(0.1, "4", 7), *rarely((0.1, "4", 20), (0.5, "4", 20), (0.5, "none", 7), (0.5, "none", 0), (1e6, "none", 20))],
)
def test_a_setting_is_the_run_of_the_experiment_with_the_same_flags(found, tmp_path, rate, hidden, steps):
    """Bitwise, also in the middle of a training."""
    chosen = (found.learning_rate == rate) & (found.hidden == hidden) & (found.steps == steps)
    (number,) = np.flatnonzero(chosen)
    run = alone(tmp_path, "sine", *FLAGS, f"--learning_rate={rate}", f"--hidden={hidden}", f"--steps={steps}")
    assert_same(found, number, run, last=steps == 20)


@pytest.mark.parametrize(
    ("task", "common", "grid"),
    [
        ("line", "--early_stopping=1,best --learning_rate=0.6 --timesteps=20", {"steps": "450 230"}),
        *rarely(
            ("sine", "--hidden=4", {"timesteps": "12 8", "steps": "5 3"}),
            ("sine", "--steps=5 --hidden=4 --timesteps=20", {"train_amplitude": "0.3 0.5", "noise": "0 0.2"}),
            ("sine", "--steps=5 --hidden=4 --timesteps=20 --optimizer=momentum", {"momentum": "auto 0.5"}),
            ("sine", "--steps=5 --hidden=4 --timesteps=20 --optimizer=rmsprop", {"decay": "0.8 0.99"}),
            ("line", "--steps=5 --timesteps=20", {"optimizer": "sgd rmsprop"}),
            ("amplitude", f"{VECTORS} --learning_rate=0.01", {"steps": "4 2", "noise": "0.1 0"}),
            ("slope_intercept", VECTORS, {"steps": "4 2"}),
        ),
    ],
)
def test_so_it_is_for_every_flag_and_kind_of_task(tmp_path, task, common, grid):
    axes = [(name, values.split()) for name, values in grid.items()]
    settings, _ = expand(EXPERIMENTS[task], axes, flags.read(flags.of(Settings), ["--seeds=3", *common.split()]))
    run = executed(Sweep(EXPERIMENTS[task], SweepSettings("sweep", settings=settings)), tmp_path, 9)
    found = lt.load_results(run.results)
    last = max(each.steps for each in settings)
    for number, each in enumerate(settings):
        chosen = [f"--{name}={each.swept[name]}" for name in grid]
        assert_same(found, number, alone(tmp_path, task, *common.split(), *chosen), each.steps == last)


def test_answers_of_several_features_are_in_the_units_of_the_file(tmp_path):
    values = 350 + 10 * np.random.default_rng(0).normal(size=(2, 12, 2))
    scaling = lt.Scaling.fitted(values, names=("a", "b"))
    scaled = scaling.applied(values)
    experiment = lt.Experiment(
        name="two",
        doc="Two features.",
        defaults={"steps": 3, "learning_rate": 0.1, "hidden": (4,), "timesteps": 12},
        task=lambda _: lt.reproduce(scaled, features=("a", "b")),
        probes=lambda _: [lt.Probe("same", scaled, {})],
        scaling=scaling,
    )
    settings, _ = expand(experiment, [("learning_rate", ["0.1", "0.2"])], {"seeds": 2})
    found = lt.load_results(executed(Sweep(experiment, SweepSettings("sweep", settings=settings)), tmp_path, 9).results)
    training = Training(experiment, parse(experiment, ["--seeds=2"])[0])
    run = storage.load_results(executed(training, tmp_path).results)
    np.testing.assert_allclose(found["same"].answer[0], run["same"].answer, rtol=1e-6)
    assert 300 < float(found["same"].answer.mean()) < 400


def test_the_results_are_labeled(swept):
    with xr.open_datatree(swept.run / "results.nc", engine="h5netcdf") as found:
        found.load()
    assert found["training"].train_loss.dims == ("setting", "seed", "step")
    assert names_of(found) == ["line", "line_origin", "amplitude", "phase", "frequency"]
    for probe in names_of(found):
        assert found[probe].rmse.dims == ("setting", "seed")
        assert found[probe].answer.dims == ("setting", "seed", "curve", "time", "feature")
    assert {found[name].dims for name in SWEPT} == {("setting",)}
    settings = zip(found.learning_rate.values, found.hidden.values, found.steps.values, strict=True)
    assert [*settings] == [*product((0.1, 1e6, 0.5), ("4", "none"), (20, 0, 7))]
    networks = lt.load(swept.run / "population-0.json")
    losses = networks.sel(learning_rate=0.5).at(7).results.training.train_loss
    assert losses.learning_rate.values.tolist() == [0.5] * 3
    assert {"learning_rate", "noise"} & {*networks.results.training.train_loss.to_dataframe()} == {"learning_rate"}


def test_diverged_seeds_are_named_and_excluded_setting_by_setting(swept, found):
    rows = json.loads((swept.run / "metrics.json").read_text())["rows"]
    lost = (found.learning_rate.values == 1e6) & (found.steps.values > 0)
    np.testing.assert_array_equal(found.diverged.values, np.broadcast_to(lost[:, None], (18, 3)))
    assert not found.learned.values[lost].any()
    for row, gone in zip(rows, lost, strict=True):
        assert row["diverged_seeds"] == ([0, 1, 2] if gone else [])
        assert (row["train_loss"]["median"] is None) == gone


def test_a_sweep_tells_of_all_settings_and_so_does_the_same_command_again(swept, capsys):
    first = " ".join(swept.printed.split())
    assert "18 networks: 6 trainings of 3 seeds, read at 18 settings; compiled once for each of 2 shapes" in first
    assert "1 of 2: sine (hidden 4): 9 networks, 20 steps" in first
    assert "2 of 2: sine (hidden none): 9 networks, 20 steps" in first
    assert carry_out(sweep, swept.arguments) == 0
    again, errors = capsys.readouterr()
    assert ("already finished" in again, errors) == (True, "")
    for output in (swept.printed, again):
        assert "18 settings, 3 seeds each" in output
        (heading,) = (line for line in output.splitlines() if "bootstrap" in line)  # Within eighty columns.
        assert " ".join(heading.split()) == "hidden steps rate learned diverged train MSE 95 % bootstrap"


@pytest.mark.long
def test_a_sweep_that_is_ended_again_and_again_continues_to_the_same_bits(swept, found, tmp_path, monkeypatch, capsys):
    """Also where a group of networks ends in the middle of a setting."""
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    monkeypatch.setattr(train, "CALL_SECONDS", 0.0)  # So that every call is of one step.
    assert blocks.group_size(9, blocks.BLOCK, jax.device_count()) % 3
    asked = []

    def interrupted(interruption):
        asked.append(None)
        if len(asked) % 50 == 0:
            interruption.number = signal.SIGTERM
        return bool(interruption.number)

    monkeypatch.setattr(Interruption, "__call__", interrupted)
    arguments, codes = [*swept.arguments[:-1], f"--results_dir={tmp_path}"], []
    while 0 not in codes:
        codes.append(carry_out(sweep, arguments))
        assert ("continues from" in capsys.readouterr().out) == (len(codes) > 1)
        (run,) = (tmp_path / "runs").glob("sweep-*")
        if codes[-1]:
            begun = {".lock", "config.json", "origin.json", "source", "checkpoints"}
            assert {path.name for path in run.iterdir()} == begun
    assert len(codes) > 2
    assert {*codes[:-1]} == {143}
    xr.testing.assert_identical(load(run), found)
    assert json.loads((run / "metrics.json").read_text())["continued"]
    assert not (run / "checkpoints").exists()
