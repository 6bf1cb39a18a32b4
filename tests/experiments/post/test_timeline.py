"""The timeline: its statistics against plain loops and known distributions, its rule, and a small run."""

import json

import numpy as np
import pytest
from drawn import assert_legible
from scipy import stats

import lstm_toys as lt
from conftest import carry_out
from experiments import timeline
from experiments.post import evidence, numbers
from experiments.post.answers import Answers, Published
from experiments.post.timeline import checks, choice, figures, fitted, ordinary, scoring
from experiments.post.timeline.first_answers import FirstAnswers, not_excluded
from lstm_toys.results import storage
from lstm_toys.studies.sweep import results

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("by_curves", "by_first_answers", "expected"),
    [
        ({1_000, 1_250, 1_500}, {1_250, 1_500, 1_750}, 1_250),  # the smaller one of two
        ({1_000, 1_250, 1_500}, {1_000, 1_250, 1_500, 2_000}, 1_250),
        ({1_000, 1_250}, {1_500, 1_750}, choice.FORMER),
    ],
)
def test_the_middle_of_what_neither_criterion_excludes_is_chosen(by_curves, by_first_answers, expected):
    assert choice.choose([1_000, 1_250, 1_500, 1_750, 2_000], by_curves, by_first_answers) == expected


def published(answers, output, error=0.01, family="amplitude"):
    output = np.asarray(output, float)
    return Published(family, {}, output, np.where(np.isfinite(output), error, np.nan), np.asarray(answers, np.float32))


def test_first_answers_have_the_likelihood_of_scipy():
    every = [
        published(RANDOM.normal(size=(2, 30, 3)), [0.3, 1.0, 2.0]),
        published(RANDOM.normal(size=(2, 30, 3)), [-0.2, 1.0, 2.0], 0.1),
        published(RANDOM.normal(size=(2, 30, 3)), [np.nan, 1.0, 2.0]),
    ]
    first = FirstAnswers(every)
    for number in range(2):
        networks = np.stack([each.answers[number, :, 0] for each in every[:2]], axis=-1).astype(float)
        covariance = np.cov(networks, rowvar=False) + np.diag([0.01**2, 0.1**2])
        expected = stats.multivariate_normal(networks.mean(axis=0), covariance).logpdf([0.3, -0.2])
        np.testing.assert_allclose(first.log_likelihood(number), expected)
        away = (0.3 - networks[:, 0].mean()) / networks[:, 0].std(ddof=1)
        np.testing.assert_allclose(first.deviations(number)[0], away)


def test_curves_of_a_figure_that_begin_alike_count_once():
    same = RANDOM.normal(size=(1, 20, 2))
    assert len(FirstAnswers([published(same, [0.1, 0.2]), published(same, [0.1, 0.3])]).published) == 1
    assert len(FirstAnswers([published(same, [0.1, 0.2]), published(same, [0.1, 0.3], family="line")]).published) == 2


def test_what_is_not_excluded_is_within_a_likelihood_ratio():
    assert not_excluded(np.array([-9.0, -1.9, 0.0, -2.0])).tolist() == [False, True, True, False]


def test_a_published_answer_far_from_all_networks_has_the_least_p():
    networks = [RANDOM.normal(size=(29, 5)), RANDOM.normal(size=(29, 8))]
    for statistic in (ordinary.distance, ordinary.largest_deviation):
        assert ordinary.p_value(statistic, [np.full(5, 9.0), np.full(8, 9.0)], networks) == 1 / 30
    middle = [each.mean(axis=0) for each in networks]
    assert ordinary.p_value(ordinary.distance, middle, networks) == 1.0
    assert ordinary.power(ordinary.distance, [each + 9 for each in networks], networks) == 1.0


def test_p_is_uniform_if_the_published_answers_are_those_of_a_network():
    p = []
    for _ in range(400):
        bag = RANDOM.normal(size=(20, 6))
        p.append(ordinary.p_value(ordinary.distance, [bag[0]], [bag[1:]]))
    assert stats.kstest(p, "uniform").statistic < 0.05 + 1.4 / 20


def test_distances_and_deviations_are_those_of_plain_loops():
    """Of units from all others, in curves and in single numbers; ranks with ties are those of SciPy."""
    curves = [RANDOM.normal(size=(5, 4)), RANDOM.normal(size=(5, 7))]
    for unit, found in enumerate(ordinary.distance(curves)):
        each = [
            np.mean([np.sqrt(np.mean((curve[unit] - curve[other]) ** 2)) for other in range(5) if other != unit])
            for curve in curves
        ]
        np.testing.assert_allclose(found, np.mean(each))
    bag, error = RANDOM.normal(size=(9, 3)), np.array([0.1, 0.2, 0.3])
    found, squared = ordinary.standardized(bag), ordinary.mahalanobis(error)([bag])
    for unit in range(9):
        others = np.delete(bag, unit, axis=0)
        np.testing.assert_allclose(found[unit], (bag[unit] - others.mean(axis=0)) / others.std(axis=0, ddof=1))
        covariance = np.cov(others.T) + np.diag(error**2)
        difference = bag[unit] - others.mean(axis=0)
        np.testing.assert_allclose(squared[unit], difference @ np.linalg.inv(covariance) @ difference)
    tied = RANDOM.integers(4, size=(11, 3)).astype(float)
    ranks = (stats.rankdata(tied, axis=0) - 0.5) / 11
    np.testing.assert_allclose(ordinary.rank_extremity([tied]), np.mean((2 * ranks - 1) ** 2, axis=1))


def test_networks_in_place_of_the_published_one_are_scored_by_the_others():
    answers = [RANDOM.normal(size=(3, 6, 4)).astype(np.float32), RANDOM.normal(size=(3, 6, 5)).astype(np.float32)]
    found = fitted.scores_of_networks(answers, at=1)

    def distance(one, other):
        return np.sqrt(np.mean((one.astype(float) - other) ** 2))

    for seed in range(6):
        others = [other for other in range(6) if other != seed]
        for step in range(3):
            expected = [
                np.mean([distance(curve[1, seed], curve[step, other]) for other in others])
                - np.mean([distance(curve[step, a], curve[step, b]) for a in others for b in others if a != b]) / 2
                for curve in answers
            ]
            np.testing.assert_allclose(found[seed, step], np.mean(expected), rtol=1e-6)
    assert fitted.interval(np.array([[0.0, 1, 2], [1, 0, 2], [1, 0, 2]]), np.array([10, 20, 30])) == (10, 20)


STEPS = (3, 12, 20)


@pytest.mark.long
def test_every_figure_is_compared_after_every_number_of_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(timeline, "STEPS", STEPS)
    monkeypatch.setattr(choice, "FORMER", 3)
    assert carry_out(timeline, ["--seeds=16", "--quiet", f"--results_dir={tmp_path}"]) == 0
    (networks,), (run,) = ((tmp_path / "runs").glob(f"{name}-*") for name in ("timeline_networks", "timeline"))
    found = storage.load_results(networks / "results.nc", results.VARIABLES | {"answer"})
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["steps"] == [*STEPS]
    assert [*metrics["published"]] == [*scoring.FIGURES]
    for name, told in metrics["published"].items():
        scored = Answers(found).scores(scoring.FIGURES[name]).mean
        np.testing.assert_allclose(told["score"], scored, atol=1e-5)
        assert told["best"] == STEPS[int(np.argmin(scored))]
        assert told["interval"][0] <= told["interval"][1]
    assert {path.name for path in run.glob("*.png")} == {"timeline.png", "sine_at_its_step.png", "ordinary.png"}
    assert_legible(figures.timeline(metrics))
    # Ranks are over the published curves: the published valleys are those of six phases, and so are the networks'.
    post, ranks = evidence.published()["sine"], {row["claim"]: row for row in metrics["ranks"]}
    assert {"learned-between", "valley-amplitude", "valley-phase"} <= ranks.keys()
    assert "sine-learned" not in ranks
    shown = checks.evidence_after(found, STEPS.index(metrics["chosen"]))["sine"]
    phases = shown.isel(curve=shown.family.values == "phase")
    assert (post.family.values == "phase").sum() == phases.sizes["curve"]
    below = numbers.valley_moved(phases) < ranks["valley-phase"]["published"]
    assert ranks["valley-phase"]["below"] == below.sum()


def test_published_curves_have_an_error_for_every_value():
    found = lt.labeled(timeline.recipe.NETWORKS, np.zeros((2, 1 + 1 + 29, 100, 1)))
    every = Answers(found.expand_dims("setting")).published(tuple(set(found.family.values)))
    assert len(every) == 24
    for each in every:
        assert (np.isfinite(each.output) == np.isfinite(each.error)).all()
        assert np.nanmax(each.error) <= 0.008
