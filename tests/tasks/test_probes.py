"""Probes with time points of their own, probes of examples, and what is right about curves without targets."""

import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.tasks import probes
from lstm_toys.tasks.probes import evaluation_set

X = np.asarray(lt.time_points(20))
CURVES = np.zeros((2, 20, 1))
TASK = lt.reproduce(CURVES)


def test_probes_are_grouped_by_their_time_points():
    fine = jnp.linspace(0, 1, 39)
    every = [
        lt.Probe("same", CURVES, {}),
        lt.Probe("longer", np.zeros((1, 30, 1)), {}),
        lt.probe("finer", "line", {"slope": 0.1, "intercept": 0.0}, fine),
        lt.Probe("named", CURVES, {}, x=X),
        lt.Probe("shifted", CURVES, {}, x=X + 1),
    ]
    sets = probes.by_points(every, X)
    alone = {name: [name] for name in ("longer", "finer", "shifted")}
    assert {name: [each.name for each in own] for name, own in sets.items()} == {
        probes.SHARED: ["same", "named"],
        **alone,
    }
    np.testing.assert_allclose(sets["longer"][0].points(X), np.arange(30) / 19, rtol=1e-6)
    np.testing.assert_array_equal(sets["finer"][0].points(X), fine)
    shapes = {name: each.shape for name, each in probes.curves_of(TASK, sets, 20).items()}
    assert shapes == {probes.SHARED: (4, 20, 1), "longer": (1, 30, 1), "finer": (1, 39, 1), "shifted": (2, 20, 1)}


def test_one_answer_per_curve_is_given_after_its_last_point():
    sums, plain = lt.Probe.of("sums", SUMS), lt.Probe("plain", CURVES, {})
    assert sums.lengths.tolist() == [4, 5]
    np.testing.assert_array_equal(evaluation_set(TASK, sums, X).truth, [[1], [np.nan]])
    sets = {probes.SHARED: [sums, lt.Probe("more", np.zeros((1, 5, 1)), {})], "plain": [plain]}
    told = probes.lengths_of(CLASSES, sets)
    assert {name: each.tolist() for name, each in told.items()} == {probes.SHARED: [4, 5, 5]}
    assert probes.lengths_of(TASK, sets) == {}


EXAMPLES = lt.Examples(np.zeros((2, 5, 1)), np.ones((2, 5, 1)))
CLASSES = lt.Task(lambda *_: EXAMPLES, ("y",), ("a", "b"), sequence=False, loss="cross_entropy")
SUMS = lt.Examples(np.zeros((2, 5, 1)), np.ones((2, 1)), np.array([4, 5]), np.array([1, 0]))


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: lt.probe_at("longer", TASK, 40), "cannot make examples of 40 time points"),
        (
            lambda: probes.check_probes(CLASSES, [lt.Probe("it", CURVES, {"a": np.ones(2), "b": np.ones(2)})]),
            "'it' has no targets; give it one class per curve",
        ),
        (lambda: lt.Probe("it", CURVES, {}, lengths=np.array([4])), "lengths must be one number per curve"),
        (lambda: lt.Probe.of("it", EXAMPLES._replace(lengths=np.array([3, 6]))), "lengths of examples must be at most"),
        (lambda: lt.Probe("short", CURVES, {}, x=X * np.nan), r"x must be finite numbers of shape \[20\]"),
        *(
            (lambda name=name: probes.check_probes(TASK, [lt.Probe(name, np.zeros((1, 30, 1)), {})]), "contain /")
            for name in ("a/b", " a")
        ),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_be_a_probe_is_refused_by_name(refused, said):
    with pytest.raises(ValueError, match=said):
        refused()


CURVE = np.arange(6.0).reshape(1, 6, 1)


def truth(probe, **about):
    """The correct answers to a probe, in a row; None if they are unknown."""
    task = lt.Task(lambda *_: None, ("y",), about.pop("answers", ("y",)), **{"sequence": True, **about})
    correct = evaluation_set(task, probe, np.linspace(0, 1, 6)).truth
    return correct if correct is None else correct.ravel().tolist()


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"reproduces": True}, [0, 1, 2, 3, 4, 5]),
        ({"ahead": 2}, [2, 3, 4, 5, np.nan, np.nan]),
        ({"ahead": 1, "answers": ("z",)}, None),
        ({"answers": ("z",)}, None),
        ({}, None),
        ({"loss": "binary_cross_entropy"}, None),
        ({"sequence": False, "answers": ("a", "b")}, [0.5, np.nan]),
        ({"sequence": False, "answers": ("b",)}, None),
    ],
    ids=str,
)
def test_correct_answers_follow_from_the_task_or_are_unknown(about, expected):
    correct = truth(lt.Probe("other", CURVE, {"a": np.array([0.5])}), **about)
    np.testing.assert_equal(correct, expected)


def test_what_follows_the_end_of_a_sequence_is_not_known():
    shown = lt.Examples(CURVE, np.full((1, 6, 1), np.nan), lengths=np.array([4]))
    probe = lt.Probe("short", CURVE, {}, lengths=shown.lengths)
    np.testing.assert_equal(truth(probe, ahead=1), [1, 2, 3, np.nan, np.nan, np.nan])
    np.testing.assert_equal(truth(probe, reproduces=True), [0, 1, 2, 3, np.nan, np.nan])
