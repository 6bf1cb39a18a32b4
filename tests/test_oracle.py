"""Whatever networks are asked, everything that says how wrong they are says what plain loops say.

Losses, kinds of tasks, weights, lengths, unknown targets, features, scalings, windows and a diverged network vary.
"""

import fixed
import hypothesis
import jax.numpy as jnp
import numpy as np
import plain_errors as plain
import pytest
from commands import sweep
from hypothesis import strategies
from test_errors import Commands

import lstm_toys as lt
from lstm_toys.results import summary
from lstm_toys.results.arrays import probed

CURVES, POINTS, SEEDS = 3, 20, 3
LOSSES = ("mse", "own", "cross_entropy", "binary_cross_entropy")
PHASES = (hypothesis.Phase.generate,)
"""Drawn cases are not made smaller: each takes a second."""

KINDS = ("reproduce", "predict", "other", "read off")


def absolute(outputs, targets):
    return jnp.abs(outputs - targets).mean(axis=-1)


WEIGHTED = ("none", "by curve", "by point", "by feature")


def made(
    loss, kind, weighted, features=1, answers=2, lengths=False, unknown=0.0, scaled=False, after=0.1, lost=False, seed=0
):
    """What is asked of networks, in NumPy: examples, a probe without targets of its own, and how they are judged."""
    random = np.random.default_rng(seed)
    answers = features if kind in ("reproduce", "predict") else answers
    inputs = random.uniform(0.01, 1, (CURVES, POINTS, features)).astype(np.float32)  # No logit is 0.
    inputs *= random.choice(np.float32([-1, 1]), inputs.shape)
    shape = (CURVES, answers) if kind == "read off" else (CURVES, POINTS, answers)
    if loss == "cross_entropy":
        targets = random.integers(0, answers, (*shape[:-1], 1))
    elif loss == "binary_cross_entropy":
        targets = random.integers(0, 2, shape)
    else:
        targets = inputs if kind == "reproduce" else random.uniform(-1, 1, shape)
    axes = WEIGHTED.index(weighted)
    size = targets.shape if axes == 3 else shape[:-1][:axes]
    weights = random.integers(0, 3, size).astype(np.float32) if axes else None
    if weights is not None:
        weights.flat[0] = 1  # Something counts.
    return {
        "loss": loss,
        "kind": kind,
        "inputs": inputs,
        "targets": targets.astype(np.float32),
        "weights": weights,
        "lengths": random.integers(1, POINTS + 1, CURVES) if lengths else None,
        "unknown": unknown,
        "scaling": tuple((10.0 * n, 1.0 + 4 * n) for n in range(answers)) if scaled else None,
        "after": after,
        "lost": lost,
        "random": random,
    }


@strategies.composite
def cases(draw):
    """Any case that is possible."""
    some, flag = strategies.sampled_from, strategies.booleans()
    loss, kind = draw(some(LOSSES)), draw(some(KINDS))
    values = loss in ("mse", "own")
    return made(
        loss,
        kind if values or kind in ("other", "read off") else "other",
        draw(some(WEIGHTED if loss in ("mse", "binary_cross_entropy") else WEIGHTED[:3])),
        *(draw(some((1, 2))), draw(some((2, 3))), draw(flag), draw(some((0.0, 0.3, 1.0)))),
        *(loss == "mse" and draw(flag), draw(some((0.0, 0.1, 0.35))), draw(flag), draw(strategies.integers(0, 2**20))),
    )


def experiment(case):
    """The experiment of a case: its task, the training set again as a probe, and another one without targets."""
    kind, loss, targets = case["kind"], case["loss"], case["targets"]
    sequence, accuracies = targets.ndim == 3, "entropy" in loss
    inputs, count = case["inputs"].shape[2], targets.shape[-1]
    count = int(targets.max()) + 2 if loss == "cross_entropy" else count
    shown = tuple("abc"[:inputs])
    asked = shown if kind in ("reproduce", "predict") else tuple("pqrs"[:count])
    given = {name: case[name] for name in ("lengths", "weights")}
    examples = lt.Examples(case["inputs"], targets, **given)
    about = {"loss": absolute if loss == "own" else loss, "ahead": 2 * (kind == "predict")}
    task = lt.Task(
        lambda *_: lt.Examples(*(None if each is None else jnp.asarray(each) for each in examples)),
        *(shown, asked),
        sequence=sequence,
        reproduces=kind == "reproduce",
        **about,
    )
    known = np.where(case["random"].random(targets.shape) < case["unknown"], np.nan, targets)
    named = {} if kind != "read off" or accuracies else {name: known[:, n] for n, name in enumerate(asked)}
    probes = [
        lt.Probe.of("again", examples, {"n": np.arange(1.0, CURVES + 1)}),
        lt.Probe("partly", case["inputs"], {}, targets=known, **given),
    ]
    if not (accuracies and not sequence) and not (kind == "read off" and accuracies):
        probes.append(lt.Probe("usual", case["inputs"], named, lengths=case["lengths"]))
    pairs = case["scaling"]
    scaling = pairs and lt.Scaling(
        ((0.0, 2.0),) * inputs, pairs[: len(asked)], (*shown, *(f"{name}'" for name in asked))
    )
    limit = {"accuracy": 0.5} if accuracies else {"rmse": 0.6}
    return (
        fixed.experiment(
            "case",
            lambda _: task,
            lambda _: probes,
            case["lost"],
            goal=(goal := lt.Goal(**limit, after=case["after"] if sequence else 0)),
            draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Training", goal=goal)},
            scaling=scaling,
        ),
        known,
        named,
    )


def expected(case, known, named):
    """What is right about each probe, and its weights."""
    kind, accuracies = case["kind"], "entropy" in case["loss"]
    lengths, weights = (case[name] for name in ("lengths", "weights"))
    usual = plain.right(
        case["inputs"],
        ahead=2 * (kind == "predict"),
        reproduces=kind == "reproduce",
        parameters=np.stack([*named.values()], -1) if named else None,
    )
    if usual is not None and kind == "predict" and lengths is not None:
        for curve, length in enumerate(lengths):
            usual[curve, max(length - 2, 0) :] = np.nan
    found = {"again": (case["targets"], weights), "partly": (known, weights), "usual": (usual, None)}
    if accuracies:
        del found["usual"]
    counts = {
        name: None if truth is None else plain.counts(truth, lengths, own) for name, (truth, own) in found.items()
    }
    return {name: (truth, counts[name]) for name, (truth, _) in found.items()}


def close(found, wanted):
    """Errors and accuracies to 1e-6, relative or absolute."""
    np.testing.assert_allclose(np.asarray(found, float), wanted, rtol=2e-6, atol=2e-6)


def scores(case, answers, truth, counts):
    """By seed: accuracies, or the error of all features, or of each if they are scaled, in their units."""
    if "entropy" in case["loss"]:
        every = plain.accuracies(case["loss"], answers, truth, counts)
        return every if truth.ndim == 3 else every[:, :1]
    if case["scaling"] is None:
        return plain.rmse(answers, truth, counts)
    units = np.array([unit for _, unit in case["scaling"]])[: truth.shape[-1]]
    each = plain.by_feature(answers, truth, counts) * units
    return each if truth.shape[-1] > 1 else each[:, 0]


def check(case, folder, patch):
    """Carries out a training and a sweep of one setting, and compares all that they say."""
    run = Commands(folder, patch)
    asked, known, named = experiment(case)
    metrics, wanted = run(asked), expected(case, known, named)
    trained = run.trained
    results, lengths = trained.results, case["lengths"]
    sequence, lost = case["targets"].ndim == 3, trained.diverged
    answers = lt.answers(trained, case["inputs"], lengths=None if sequence else lengths)
    training, goal = probed(results, "training"), asked.goal
    truth, counts = wanted["again"]
    late = plain.settled(counts, case["after"], lengths) if sequence else counts
    if "entropy" in case["loss"]:
        recorded = plain.accuracies(case["loss"], answers, truth, late)[:, : 1 + sequence]
        close(training.train_accuracy.isel(step=-1), recorded)
        met = recorded[:, 0] >= goal.limit
        whole = [plain.sequences(*plain.points(case["loss"], each, truth, counts)) for each in answers]
        if None not in whole[0]:
            again, n = probed(results, "again"), np.arange(1, CURVES + 1)
            close(lt.sequences.right(again), whole)
            first_wrong = [min([*n[~np.array(each)], CURVES + 1]) for each in whole]
            close(lt.sequences.accepted(again, by="n"), np.array(first_wrong) - 1)
    else:
        recorded = plain.by_feature(answers, truth, late)
        units = np.array([unit for _, unit in case["scaling"] or ()])[: truth.shape[-1]]
        close(training.train_rmse.isel(step=-1), recorded * (units if len(units) else 1))
        met = plain.of_goal(recorded, [*training[training.train_rmse.dims[-1]].values]) <= goal.limit
    assert metrics["converged"] == (met & ~lost).sum()
    title = run.figures["loss.png"].get_suptitle() or run.figures["loss.png"].axes[0].get_title()
    assert f"learned by {(met & ~lost).sum()} of" in title

    found = {name: scores(case, answers, *each) for name, each in wanted.items() if each[0] is not None}
    for name in set(results.children) - {"training"}:
        measure = summary.measured(probed(results, name))
        if name in found:
            close(measure, found[name])
            rows = {row: each["median"] for row, each in metrics["summary"].items() if row.startswith(f"{name},")}
            rows = {row: value for row, value in rows.items() if "again" not in row.removeprefix("again")}
            sound = np.median(found[name][~lost], axis=0).ravel() if (~lost).any() else np.empty(0)
            if len(sound) and not np.isnan(sound).any():
                close([*rows.values()], sound)
        else:
            assert measure is None
            assert not any(row.startswith(f"{name},") for row in metrics["summary"])

    run(asked, "--grid=noise=0", asked=sweep)
    swept = lt.load_results(run.run / "results.nc")
    close(swept.learned.values[0], met & ~lost)
    for name, each in found.items():
        node = swept[name]
        close(node["accuracy" if "accuracy" in node else "rmse"].values[0], each)

    if sequence and "entropy" not in case["loss"] and case["kind"] in ("reproduce", "predict"):
        for name in found:
            truth, counts = wanted[name]
            late = plain.settled(counts, 0.1, lengths)
            for n, feature in enumerate(training.feature.values.tolist()):
                measured = lt.claims.per_curve(probed(results, name), lt.measures.rmse, feature)
                unit = 1 if case["scaling"] is None else case["scaling"][n][1]
                for curve in range(CURVES):
                    own = answers[:, [curve]][..., [n]], truth[[curve]][..., [n]], late[[curve]][..., [n]]
                    np.testing.assert_allclose(measured[:, curve], plain.rmse(*own) * unit, rtol=1e-5, atol=1e-5)


OFTEN = {
    "scaled features": made("mse", "reproduce", "by feature", 2, lengths=True, unknown=0.3, scaled=True),
    "predictions": made("own", "predict", "by point", lengths=True, unknown=1.0, after=0.35, lost=True),
    "classes": made("cross_entropy", "other", "by curve", 1, 3, lengths=True, unknown=0.3, lost=True),
    "bits": made("binary_cross_entropy", "other", "by feature", 2, unknown=0.3, after=0.0),
    "bits of whole sequences": made("binary_cross_entropy", "read off", "by curve", 2, seed=1),
    "numbers of curves": made("mse", "read off", "none", 1, 3, lengths=True, unknown=0.3, scaled=True),
}


@pytest.mark.parametrize("case", OFTEN.values(), ids=OFTEN)
def test_everything_says_what_plain_loops_say(case, tmp_path, monkeypatch):
    check(case, tmp_path, monkeypatch)


@pytest.mark.long
@hypothesis.settings(max_examples=300, database=None, phases=PHASES)
@hypothesis.given(case=cases())
def test_so_it_is_in_many_cases(case, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        check(case, tmp_path_factory.mktemp("case"), patch)
