"""Psychometric curves, against a search over a grid of lines, and kernels, against those of simulated observers."""

import numpy as np
import pytest

import lstm_toys as lt


def test_a_fit_has_the_largest_likelihood():
    random = np.random.default_rng(0)
    coordinate = np.repeat(np.linspace(-2, 3, 7), 40)
    truth = 1 / (1 + np.exp(-1.7 * (coordinate - 0.4)))
    chosen = random.uniform(size=(3, len(coordinate))) < truth
    fit = lt.statistics.psychometric(chosen, coordinate)
    thresholds, slopes = np.meshgrid(np.linspace(0, 1, 201), np.linspace(1, 3, 201), indexing="ij")
    for seed, own in enumerate(chosen):
        ahead = slopes[..., None] * (coordinate - thresholds[..., None])
        likelihood = (ahead * own - np.logaddexp(0, ahead)).sum(axis=-1)
        best = np.unravel_index(likelihood.argmax(), likelihood.shape)
        assert abs(fit.threshold[seed] - thresholds[best]) < 0.01
        assert abs(fit.slope[seed] - slopes[best]) < 0.02
        assert fit.share[seed, 2] == own[coordinate == fit.values[2]].mean()


@pytest.mark.parametrize(
    ("chosen", "threshold", "slope"),
    [
        ([0, 0, 0, 0, 1, 1], 1.5, np.inf),
        ([1, 1, 1, 1, 0, 0], 1.5, -np.inf),
        ([0, 0, 0, 1, 1, 1], 1, np.inf),
        ([1, 1, 1, 1, 1, 1], np.nan, np.nan),
    ],
)
def test_choices_that_one_value_separates_have_no_finite_slope(chosen, threshold, slope):
    fit = lt.statistics.psychometric(np.array([chosen], bool), np.array([0.0, 0, 1, 1, 2, 2]))
    np.testing.assert_array_equal([fit.threshold[0], fit.slope[0]], [threshold, slope])


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"chosen must be True or False \[S, C\]"):
        lt.statistics.psychometric(np.ones((2, 3)), np.arange(3.0))
    with pytest.raises(ValueError, match="coordinate must be at least two different values"):
        lt.statistics.psychometric(np.ones((2, 3), bool), np.ones(3))


POINTS = 8
KERNELS = {
    "flat": np.ones(POINTS),
    "leaky": 0.85 ** np.arange(POINTS)[::-1],
    "primacy": 0.85 ** np.arange(POINTS),
}


def observed(kernel, noise, missing=None, correlation=0.0, networks=50, trials=1_000):
    """Choices of observers by a weighted sum of a stimulus about the mean of its condition, and all that made them."""
    random = np.random.default_rng(7)
    condition = random.choice([-0.2, 0.0, 0.2], (networks, trials))
    stimulus = random.normal(size=(networks, trials, POINTS))
    for point in range(1, POINTS):  # Of variance 1.
        new = np.sqrt(1 - correlation**2) * stimulus[..., point]
        stimulus[..., point] = correlation * stimulus[..., point - 1] + new
    stimulus = stimulus + condition[..., None]
    if missing is not None:
        stimulus[missing(random.integers(0, 5, (networks, trials, 1)))] = np.nan
    chosen = np.nansum(stimulus * kernel, axis=-1) + noise * random.normal(size=(networks, trials)) > 0
    return chosen, stimulus, condition


@pytest.mark.parametrize("noise", [0.0, 2.0])
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize(
    "trials",
    [
        {},
        {"correlation": 0.6},
        {"missing": lambda fewer: np.arange(POINTS) >= POINTS - fewer},
        {"missing": lambda fewer: np.arange(POINTS) < fewer},
    ],
    ids=["one length", "correlated", "aligned at the start", "aligned at the end"],
)
def test_intervals_of_kernels_contain_those_of_observers_in_91_to_98_percent_of_cases(kernel, noise, trials):
    found = lt.statistics.psychophysical_kernel(*observed(kernel, noise, **trials))
    np.testing.assert_allclose(np.abs(found.weight).sum(axis=1), 1)
    covered = np.abs(found.weight - kernel / kernel.sum()) <= 1.96 * found.error
    assert 0.91 <= covered.mean() <= 0.98


def test_a_kernel_of_shared_trials_is_that_of_the_same_trials_of_each_network():
    chosen, stimulus, condition = observed(KERNELS["flat"], 1.0, networks=3)
    chosen[2] = condition[0] > 0  # It differs between conditions alone.
    shared = lt.statistics.psychophysical_kernel(chosen, stimulus[0], condition[0])
    own = lt.statistics.psychophysical_kernel(chosen, np.stack([stimulus[0]] * 3), np.stack([condition[0]] * 3))
    np.testing.assert_array_equal(shared, own)
    assert np.isfinite(shared.weight[:2]).all()
    assert np.isnan(shared).all(axis=(0, 2)).tolist() == [False, False, True]


def test_too_few_trials_and_a_stimulus_that_does_not_vary_are_refused():
    random = np.random.default_rng(0)
    chosen, stimulus = random.normal(size=(1, 40)) > 0, random.normal(size=(40, 4))
    with pytest.raises(ValueError, match="a kernel of 4 time points takes more than 40 trials, not 40"):
        lt.statistics.psychophysical_kernel(chosen, stimulus)
    shorter = np.where((np.arange(40) < 10)[:, None] & (np.arange(3) == 2), np.nan, stimulus[:, :3])
    with pytest.raises(ValueError, match="a kernel of 3 time points takes more than 30 trials, not 30"):
        lt.statistics.psychophysical_kernel(chosen, shorter)
    with pytest.raises(ValueError, match="stimulus must vary at every time point"):
        lt.statistics.psychophysical_kernel(chosen, stimulus[:, :2], condition=stimulus[:, 0])
    with pytest.raises(ValueError, match=r"stimulus must be finite numbers, or NaN where a trial has none"):
        lt.statistics.psychophysical_kernel(chosen, np.where(stimulus[:, :2] > 1, np.inf, stimulus[:, :2]))
    with pytest.raises(ValueError, match=r"condition must be finite numbers of shape \[40\], not of shape \[4\]"):
        lt.statistics.psychophysical_kernel(chosen, stimulus[:, :3], condition=np.arange(4))
