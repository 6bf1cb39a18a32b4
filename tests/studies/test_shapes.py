"""Every study on every shape of task: what is impossible is refused in one line before training, the rest passes."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from commands import claims, dynamics, generalization, sweep

import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.runs.study import Refused

LINES = {"slope": np.array([0.1, 0.5]), "intercept": 0.1}
POINTS = 12


def drawn(x, shown, answered, loss="mse", *, sequence=True, ends=False):
    """A task whose examples are random, of these input and output features."""

    def at_length(key, _, points):
        values = 1 if loss == "cross_entropy" else len(answered)
        inputs = jax.random.uniform(key, (4, points, len(shown)))
        targets = jax.random.bernoulli(key, 0.5, (4, points, values) if sequence else (4, values))
        lengths = 2 + jnp.arange(4) % (points - 1) if ends else None
        return lt.Examples(inputs, targets.astype(jnp.float32), lengths)

    def examples(key, numbers):
        return at_length(key, numbers, len(x))

    return lt.Task(examples, shown, answered, sequence=sequence, loss=loss, at_length=at_length)


SHAPES = {
    "one input": lambda x: lt.reproduce("line", LINES, x),
    "two inputs": lambda x: lt.reproduce("line", LINES, x, ("x", "y")),
    "other inputs": lambda x: drawn(x, ("a", "b"), ("c",)),
    "an answer per curve": lambda x: lt.read_off("line", LINES, ("slope",), x),
    "other answers per curve": lambda x: drawn(x, ("y",), ("mean",), sequence=False),
    "lengths": lambda x: drawn(x, ("y",), ("y",), ends=True),
    "classes": lambda x: drawn(x, ("y",), ("p", "q"), "cross_entropy"),
    "classes per curve": lambda x: drawn(x, ("y",), ("p", "q"), "cross_entropy", sequence=False),
    "bits": lambda x: drawn(x, ("y",), ("p",), "binary_cross_entropy"),
}
OF_LINES = {"one input", "two inputs", "an answer per curve"}


@cache
def experiment(shape, *, declared=False):
    """An experiment with a task of this shape; ``declared``: it says that it was trained on lines."""

    def probes(x):
        task = SHAPES[shape](x)
        made = task.training_set(jax.random.key(1), {})
        if task.sequence or made.lengths is None:
            return [lt.Probe.of("mine", made)]
        return [lt.Probe("mine", np.asarray(made.inputs), {}, targets=np.asarray(made.targets))]

    of_values = SHAPES[shape](lt.time_points(POINTS)).loss == "mse"
    return lt.Experiment(
        name="mine",
        doc="",
        defaults={"steps": 2, "learning_rate": 0.1, "hidden": "3", "readout": "dense", "timesteps": POINTS},
        goal=lt.Goal(rmse=0.1) if of_values else lt.Goal(accuracy=0.5),
        task=SHAPES[shape],
        probes=probes,
        draw=lambda *_: {},
        trained=lt.grids.Trained("line", LINES) if declared else None,
    )


def first(curves):
    return np.asarray(curves.answer.values, float).reshape(curves.sizes["seed"], -1)[:, 0]


def claimed(own):
    """Claims about both of its sets of curves."""
    sources = (lt.claims.Source("mine", name) for name in ("mine", "training"))
    stated = tuple(lt.claims.Claim(each.curves, "It is so", "a number", first, (each,), low=0.0) for each in sources)
    return lt.claims.Claims("all", stated, {"mine": (own, [])})


MINE = ["--task=mine", "--seeds=2"]
STUDIES = {
    "training": lambda own: command.plan(own, ["--seeds=2"]),
    "sweep": lambda _: command.plan(sweep, [*MINE, "--grid=steps=1 2"]),
    "lengths": lambda _: command.plan(generalization, [*MINE, f"--length={POINTS}:{2 * POINTS}:2"]),
    "grids": lambda _: command.plan(generalization, MINE),
    "claims": lambda _: command.plan(claims, ["--claims=mine", "--seeds=2"]),
    "dynamics": lambda _: command.plan(dynamics, MINE),
}
VALUES = "needs networks that answer values, but these learn by"
NO_LENGTHS = "nor a task with at_length, for longer sequences"
CLASSES = {
    **dict.fromkeys(("classes", "classes per curve"), f"{VALUES} cross_entropy"),
    "bits": f"{VALUES} binary_cross_entropy",
}
REFUSED = {
    "lengths": dict.fromkeys(OF_LINES, NO_LENGTHS),
    "dynamics": {"lengths": "curves of several lengths need --hold, such as --hold zero=0"},
    "grids": {
        "other inputs": "its networks are shown a and b; this takes those that see y, or x and y",
        "other answers per curve": "its networks read off mean, which the family line does not have",
        "lengths": "nobody knows what is right about other curves; grids need a task that reproduces its curves",
        **CLASSES,
    },
}
"""Why a study of a shape is refused, by study and shape; all other combinations are possible."""


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """Plans a study of an experiment, which users would have in a module of their own."""
    monkeypatch.chdir(tmp_path)

    def plan(study, own):
        declared = {"EXPERIMENT": own, "CLAIMS": claimed(own)}
        monkeypatch.setattr(command, "declared", lambda _, name, *__: declared[name])
        return command.only(STUDIES[study](own))

    return plan


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("study", STUDIES)
def test_what_a_study_cannot_do_with_a_task_is_refused_before_training(planned, study, shape):
    asked = planned(study, experiment(shape, declared=study == "grids"))
    said = REFUSED.get(study, {}).get(shape)
    if said is None:
        asked.check()
        return
    with pytest.raises(Refused, match=r"^[^\n]*$") as refused:
        asked.check()
    assert said in str(refused.value)
