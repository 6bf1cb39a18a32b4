"""An experiment that contradicts itself is refused in one line, before anything is made."""

import dataclasses

import flax.linen as nn
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, refusal
from experiments.line import EXPERIMENT
from lstm_toys.runs import preparation, study
from lstm_toys.tasks import supervision

TRACED = "TypeError: JAX traces this function; use jax.numpy instead of NumPy, float and if (test_checks.py,"
LINE = {"slope": 0.9, "intercept": 0.1}
RISING = lt.Family(lambda x, rate: np.exp(rate * x), (lt.Parameter("rate", 0.0, 1.0),))


def broken(_):
    raise KeyError("slpoe")


def by_itself(x):
    return dataclasses.replace(EXPERIMENT.task(x), examples=lambda *_: RISING.curves(x, {"rate": 1.0}))


def of_bits(x):
    return dataclasses.replace(EXPERIMENT.task(x), reproduces=False, loss="binary_cross_entropy")


def one(x):
    return lt.probe("steeper", "line", LINE, x, ("x", "y"))


def shown(*probe):
    """Changes of an experiment, which shows one probe."""
    return {"probes": lambda x: [lt.probe(*probe, x, ("x", "y"))]}


def refused(check, *arguments, **options):
    """The one line that an experiment is refused in."""
    with pytest.raises(study.Refused, match=r"^experiment line: [^\n]*$") as raised:
        check(*arguments, **options)
    return str(raised.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": broken}, "its task cannot be made: KeyError: 'slpoe' (test_checks.py, line 21)"),
        (shown("a", "line", {"slpoe": 0.9}), "its probes cannot be made: ValueError: this family takes"),
        ({"probes": one}, "probes(x) a list of lt.Probe"),
        ({"task": lambda _: None}, "task(x) must return an lt.Task"),
        ({"numbers": {"center": 1.0}}, "its task takes the numbers [], but it declares ['center']"),
        ({"goal": lt.Goal(rmse=0.1, features=("z",))}, "its goal uses z, but its networks answer x, y"),
        ({"probes": lambda x: [one(x), one(x)]}, "two probes are named steeper"),
        ({"task": of_bits}, "its goal is an rmse, which networks that learn by binary_cross_entropy do not have"),
        ({"goal": lt.Goal(accuracy=0.9)}, "its goal is an accuracy, which networks that learn by mse do not have"),
        (shown("training", "line", LINE), "a probe cannot be named training, "),
        (shown("timesteps=20", "line", LINE), "a probe cannot be named timesteps=20, "),
        (shown("learned", "line", LINE), "a probe cannot be named learned, "),
        (shown("steps", "line", LINE), "a probe cannot be named steps, "),
        *[(shown(name, "line", LINE), "must not contain /, be a dot") for name in (".", "..", "a/b", " ")],
        (shown("mine", RISING, {"rate": 1.0}), f"probes cannot be made: {TRACED}"),
        ({"task": by_itself}, f"its training curves cannot be made: {TRACED}"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_contradicts_itself_is_refused(changes, told):
    assert told in refused(preparation.check_experiment, dataclasses.replace(EXPERIMENT, **changes), 20, {})


class Broken(nn.Module):
    units: int = 3

    @nn.compact
    def __call__(self, _):
        broken(None)


def of_own_loss(x):
    return dataclasses.replace(EXPERIMENT.task(x), loss=lambda *_: broken(None))


FAILING = {
    f"cell {__name__}:Broken fails": {"defaults": EXPERIMENT.defaults | {"cell": f"{__name__}:Broken"}},
    "model cannot be made": {"model": lambda *_: broken(None)},
    "model fails": {"model": lambda *_: Broken()},
    "loss fails": {"task": of_own_loss},
    "initial fails": {"initial": broken},
    "companions fail": {"companions": broken},
}


@pytest.mark.parametrize(("told", "changes"), FAILING.items(), ids=FAILING)
@pytest.mark.usefixtures("as_users_have_it")
def test_functions_of_an_experiment_that_raise_are_told_in_one_line(told, changes, tmp_path, capsys):
    assert carry_out(dataclasses.replace(EXPERIMENT, **changes), [f"--results_dir={tmp_path}"]) == 2
    assert refusal(capsys) == f"experiment line: its {told}: KeyError: 'slpoe' (test_checks.py, line 21)\n"
    assert not [*tmp_path.rglob("*.nc")]


CURVES = np.zeros((3, 12, 2), np.float32)


def probe(name="mine", inputs=CURVES, **changes):
    """A probe of three curves of twelve time points, but for what is changed."""
    return lt.Probe(name, inputs, {}, **changes)


@pytest.mark.parametrize(
    ("points", "made", "told"),
    [
        (20, [], "its training curves have 12 time points, not --timesteps=20; give --timesteps=12, or declare fixed="),
        (12, [probe(inputs=CURVES[..., :1])], "has inputs of shape (3, 12, 1), but the training curves need"),
        (12, [probe(inputs=CURVES[:0])], "probe 'mine' has inputs of shape (0, 12, 2)"),
        (12, [probe(targets=CURVES[..., :1])], "probe 'mine' has targets of shape (3, 12, 1), not (3, 12, 2)"),
        (12, [], ""),
        (12, [probe(targets=CURVES, names=("a", "b", "c"))], ""),
    ],
)
def test_curves_of_another_length_are_refused_before_training(points, made, told):
    own = dataclasses.replace(
        EXPERIMENT,
        task=lambda _: lt.reproduce(CURVES, features=("x", "y")),
        probes=lambda x: made if len(x) > 2 else [],
    )
    if told:
        assert told in refused(preparation.check_experiment, own, points, {})
    else:
        preparation.check_experiment(own, points, {})


@pytest.mark.parametrize("weight", [-2.0, -1.0])
def test_examples_whose_values_do_not_fit_are_refused_before_training(weight):
    def task(_):
        made = supervision.Examples(CURVES, CURVES)
        examples = lambda _, numbers: made._replace(weights=numbers["weight"] + CURVES[:, 0, 0])  # noqa: E731
        return lt.Task(examples, ("x", "y"), ("x", "y"), sequence=True, numbers=("weight",))

    own = dataclasses.replace(EXPERIMENT, task=task, probes=lambda _: [], numbers={"weight": 1.0})
    told = "its training curves cannot be made: ValueError: weights of examples must be at least 0"
    assert told in refused(preparation.check_experiment, own, 12, {"weight": weight})


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "two words"])
def test_a_name_is_one_that_a_folder_can_have(name):
    with pytest.raises(ValueError, match="invalid name of an experiment"):
        dataclasses.replace(EXPERIMENT, name=name)
