"""The timeline: its statistics against plain loops, its rule, and a small run."""

import json

import numpy as np
import pytest
from drawn import assert_legible
from scipy.stats import norm

import lstm_toys as lt
from conftest import carry_out
from experiments import recipe, timeline
from experiments.post import figures


def test_the_middle_of_what_neither_criterion_excludes_is_chosen():
    steps = [1_000, 1_250, 1_500, 1_750, 2_000]
    assert timeline.choose(steps, {1_000, 1_250, 1_500}, {1_250, 1_500, 1_750}) == 1_250  # The smaller one of two.
    assert timeline.choose(steps, {1_000, 1_250, 1_500}, {1_000, 1_250, 1_500, 2_000}) == 1_250
    assert timeline.choose(steps, {1_000, 1_250}, {1_500, 1_750}) == timeline.FORMER


def test_first_answers_have_a_normal_likelihood_with_reading_errors():
    """Two independent ones have the product of theirs; hidden ones do not count, and a shared dot counts once."""
    first = np.tile([[-1.0, -1.0, 1.0, 1.0], [-2.0, 2.0, -2.0, 2.0]], (1, 5))

    def shown(probe, which, output, error=0.01):
        answers, known = first[which, None, :, None].astype(np.float32), np.ones((1, 20), bool)
        return recipe.ComparedCurve(probe, np.array([output]), np.array([error]), answers, known)

    same = shown("amplitude", 0, 0.3), shown("amplitude", 0, 0.4)
    found = timeline.FirstAnswers([*same, shown("line", 1, -0.2, 0.1), shown("phase", 1, np.nan)])
    assert found.published.tolist() == [0.4, -0.2]
    spread = first.std(axis=1, ddof=1)
    expected = norm.logpdf([0.4, -0.2], 0, np.hypot(spread, [0.01, 0.1])).sum()
    np.testing.assert_allclose(found.log_likelihood(), [expected])
    np.testing.assert_allclose(found.deviations(), [[0.4, -0.2] / spread])


def test_networks_in_place_of_the_published_one_are_scored_by_the_others():
    random = np.random.default_rng(0)
    answers = [random.normal(size=(3, 6, points)).astype(np.float32) for points in (4, 5)]
    found = timeline.scores_of_networks(answers, at=1)

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
    assert timeline.interval(np.array([[0.0, 1, 2], [1, 0, 2], [1, 0, 2]]), np.array([10, 20, 30])) == (10, 20)


STEPS = (3, 12, 20)


@pytest.mark.long
def test_every_figure_is_compared_after_every_number_of_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(timeline, "STEPS", STEPS)
    assert carry_out(timeline.timeline, ["--seeds=16", "--quiet", f"--results_dir={tmp_path}"]) == 0
    (networks,), (run,) = ((tmp_path / "runs").glob(f"{name}-*") for name in ("sweep", "timeline"))
    found = lt.load_results(networks / "results.nc")
    metrics = json.loads((run / "metrics.json").read_text())["numbers"]
    for name, told in metrics["published"].items():
        scored = recipe.scores(recipe.compare(found, timeline.FIGURES[name])).mean
        np.testing.assert_allclose(told["score"], scored, atol=1e-5)
        assert told["best"] == STEPS[int(np.argmin(scored))]
    assert_legible(figures.timeline(metrics))
