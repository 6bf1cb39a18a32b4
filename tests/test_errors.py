"""How wrong answers are: commands, their files and figures, and functions, against plain loops.

Networks answer with their inputs times a gain, so that everything can be computed by hand.
"""

import json
import sys
from types import ModuleType

import fixed
import jax.numpy as jnp
import numpy as np
import plain_errors as plain
import pytest
from commands import claims, generalization, sweep

import lstm_toys as lt
from conftest import carry_out

RANDOM = np.random.default_rng(3)
CURVES = RANDOM.uniform(0.1, 0.9, (3, 20, 2)).astype(np.float32)
BITS, NAMES, LENGTHS = RANDOM.normal(size=(3, 20, 2)).astype(np.float32), ("a", "b"), np.array([20, 11, 7])
BINARY = "binary_cross_entropy"


class Commands:
    """Carries out commands on declarations of a test, and keeps what they draw."""

    def __init__(self, folder, patch):
        self.folder, self.patch, self.figures = folder, patch, {}
        patch.setattr(lt.figures, "save", self._keep)

    def _keep(self, figure, path):
        self.figures[path.name] = figure
        path.touch()  # Whose digest is recorded.

    def __call__(self, experiment, *line, asked=None, declared=None):
        """The metrics of the run of a command."""
        module = ModuleType(experiment.name)
        module.EXPERIMENT, module.CLAIMS = experiment, declared
        self.patch.setitem(sys.modules, experiment.name, module)
        named = [f"--{'claims' if declared else 'task'}={experiment.name}"] if asked else []
        assert carry_out(asked or experiment, [*named, "--seeds=3", *line, f"--results_dir={self.folder}"]) == 0
        written = (self.folder / "runs").glob("*/metrics.json")
        self.run = max(written, key=lambda path: path.stat().st_mtime_ns).parent
        return json.loads((self.run / "metrics.json").read_text())

    def judged(self, experiment, **numbers):
        """The number of each network in one claim about each of some curves, one claim after another."""
        every = tuple(
            lt.claims.Claim(curves, "It is so", "number", number, (lt.claims.Source("mine", curves),), low=0.5)
            for curves, number in numbers.items()
        )
        self(experiment, asked=claims, declared=lt.claims.Claims("mine", every, {"mine": (experiment, [])}))
        rows = lt.claims.rows(lt.claims.read(self.run / "claims.json"))
        return np.concatenate([row.number for row in rows]).tolist()

    @property
    def trained(self):
        """The networks of the experiment."""
        (run,) = (path.parent for path in (self.folder / "runs").glob("*/population.json"))
        return lt.load(run)


def task(inputs, targets, names=NAMES, **more):
    """A task of examples that are the same for all networks."""
    given = {name: None if more.get(name) is None else jnp.asarray(more.pop(name)) for name in ("lengths", "weights")}
    made = lt.Examples(jnp.asarray(inputs), jnp.asarray(targets), **given)
    return lt.Task(lambda *_: made, names, names, **{"sequence": True, **more})


ROWS = {}
"""What is asked and what is true: a function to both, and the numbers of the second."""


def row(*frozen):
    """Enters a function that returns what the library says, and what plain loops say."""

    def enter(function):
        ROWS[function.__name__] = function, frozen
        return function

    return enter


@row(1, 1, 1, 1, 1, 0)
def outcomes_of_settings(run):
    """Which seeds learned in each of two settings, whose networks are trained in one group."""
    shown, scales = CURVES[..., :1], (0.3, 0.7)

    def examples(_, numbers):
        return lt.Examples(jnp.asarray(shown), jnp.asarray(shown) * numbers["scale"])

    asked = fixed.experiment(
        "outcomes_of_settings",
        lambda _: lt.Task(examples, ("y",), ("y",), sequence=True, numbers=("scale",)),
        numbers={"scale": 0.5},
        goal=lt.Goal(rmse=0.13),
    )
    run(asked)
    answers = lt.answers(run.trained, shown)
    every = np.ones(shown.shape)
    expected = [plain.rmse(answers, shown * scale, every) <= 0.13 for scale in scales]
    run(asked, "--grid=train_scale=0.3 0.7", asked=sweep)
    return lt.load_results(run.run / "results.nc").learned.values.ravel(), np.ravel(expected)


@row(1, 1, 1, 56 / 57, 56 / 57, 56 / 57)
def weights_of_training(run):
    """Claims on "training", the first sequence, of which only answers of weight 0 are wrong, and on its history."""
    targets, weights = (BITS > 0).astype(np.float32), np.ones(BITS.shape[:2], np.float32)
    targets[:, 4], weights[:, 4] = 1 - targets[:, 4], 0
    targets[2, 7] = 1 - targets[2, 7]
    asked = fixed.experiment(
        "weights_of_training", lambda _: task(BITS, targets, loss=BINARY, weights=weights), goal=lt.Goal(accuracy=0.9)
    )
    found = run.judged(
        asked,
        training=lambda training: lt.sequences.right(training).mean(axis=1),
        history=lambda history: history.train_accuracy.sel(counted="points").isel(step=-1).values,
    )
    answers, every = lt.answers(run.trained, BITS), plain.counts(targets, weights=weights)
    first = plain.accuracies(BINARY, answers[:, :1], targets[:1], every[:1])
    return found, [*first[:, 1], *plain.accuracies(BINARY, answers, targets, every)[:, 0]]


def predicting(_):
    return lt.predict_next(CURVES[..., :1], ("y",))


def shown_values(x):
    """A probe without targets: what is right is its next value, which of the last point nobody knows."""
    return [lt.Probe("shown", CURVES[:, : len(x), :1], {}, names=("p", "q", "r"))]


@row(0.35399, 0.354035, 0.356642, 0.384037, 0.416825, 0.454774)
def predictions_in_figures(run):
    """Errors of predictions in figures, of curves without targets: of each point and of each curve, one network's."""
    asked = fixed.experiment("predictions", predicting, shown_values, fixed={"timesteps": 19})
    run(asked)
    results, answers = run.trained.results.isel(seed=[0]), lt.answers(run.trained, CURVES[:, :19, :1])[:1]
    truth = plain.right(CURVES[:, :19, :1], ahead=1)
    every = plain.counts(truth)
    by_curve = [plain.rmse(answers[:, [n]], truth[[n]], every[[n]])[0] for n in range(3)]
    by_point = [plain.rmse(answers[:, :, [n]], truth[:, [n]], every[:, [n]])[0] for n in (1, 2, 3)]
    lines = lt.figures.errors_over_curves(results, "y", "Errors").axes[0].lines
    found = sorted(next(line.get_ydata() for line in lines if len(line.get_ydata()) == 3).tolist())
    over_time = lt.figures.errors_over_time(results, "y", "Errors").axes[0].lines[0].get_ydata()[1:4]
    return [*found, *over_time], [*sorted(by_curve), *by_point]


@row(0.306135, 0.308125, 0.450514, False)
def padding(run):
    """Sequences of different lengths: padding counts neither in a claim on "training" nor in a figure's title."""
    order = np.array([2, 0, 1])
    shown, lengths = CURVES[order, :, :1], LENGTHS[order]
    asked = fixed.experiment("padding", lambda _: task(shown, shown, ("y",), lengths=lengths))
    found = run.judged(asked, training=lambda training: lt.claims.per_curve(training, lt.measures.rmse)[:, 0])
    truth = shown[:1].astype(float)
    every = plain.settled(plain.counts(truth, lengths[:1]), 0.1, lengths[:1])
    expected = plain.rmse(lt.answers(run.trained, shown[:1]), truth, every)
    title = lt.figures.training_answer(run.trained.results, "Answers").axes[0].get_title()
    return [*found, "nan" in title], [*expected, False]


@row(0.5)
def share_below(run):
    """The share of a grid whose curves meet the goal: its features, its window, and its limit, which meets it."""
    line = lt.grids.Trained("line", {"slope": 0.5, "intercept": 0.1})
    asked = fixed.experiment(
        "share",
        lambda x: lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x, ("x", "y")),
        trained=line,
        planes=lambda _: [lt.grids.Plane("line", ("slope", "intercept"))],
        goal=lt.Goal(rmse=0.45, features=("x", "y"), after=0.5),
    )
    slopes, intercepts = np.linspace(0, 1, 4), np.linspace(0, 1, 3)
    rows = run(asked, "--slope=0:1:4", "--intercept=0:1:3", asked=generalization)["summary"]
    (found,) = (row["median"] for name, row in rows.items() if "share below" in name)
    x = lt.time_points(20)
    every = {"slope": np.repeat(slopes, 3), "intercept": np.tile(intercepts, 4)}
    shown = np.asarray(lt.show(lt.FAMILIES["line"].curves(x, every), x, ("x", "y")), float)
    answers, weight = lt.answers(run.trained, shown.astype(np.float32)), plain.settled(plain.counts(shown), 0.5)
    met = [
        plain.of_goal(plain.by_feature(answers[:, [n]], shown[[n]], weight[[n]]), ("x", "y"), ("x", "y")) <= 0.45
        for n in range(12)
    ]
    return [found], [np.median(np.mean(met, axis=0))]


@row(2.947556, 0.244192, 2.81331, 0.269206)
def lengths_of_scaled_features(run):
    """Errors of several scaled features over lengths: of each feature, in its own unit."""
    scaling = lt.Scaling(((0.0, 10.0), (0.0, 1.0)), ((0.0, 10.0), (0.0, 1.0)), NAMES)

    def at_length(_key, _numbers, length):
        made = jnp.asarray(CURVES[:, :length])
        return lt.Examples(made, made)

    asked = fixed.experiment(
        "scaled", lambda _: task(CURVES, CURVES, at_length=at_length), scaling=scaling, goal=lt.Goal(rmse=0.1)
    )
    rows = run(asked, "--length=10:20:2", asked=generalization)["summary"]
    found, expected = [], []
    for length in (10, 20):
        truth = CURVES[:, :length].astype(float)
        answers = lt.answers(run.trained, CURVES[:, :length])
        errors = plain.by_feature(answers, truth, plain.counts(truth)) * [10.0, 1.0]
        expected += np.median(errors, axis=0).tolist()
        found += [rows.get(f"{length} time points, RMSE of {name}", {"median": np.nan})["median"] for name in NAMES]
    return found, expected


@pytest.mark.parametrize("name", ROWS)
def test_the_library_says_what_plain_loops_say(name, tmp_path, monkeypatch):
    function, frozen = ROWS[name]
    found, expected = function(Commands(tmp_path, monkeypatch))
    np.testing.assert_allclose(expected, frozen, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found, frozen, rtol=1e-4, atol=1e-6)
