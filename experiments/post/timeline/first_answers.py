"""The published first answers, which depend only on the first value of a curve, and their likelihood."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from ..answers import Published

LIKELIHOOD_RATIO = 3.841
"""The 95 % quantile of chi-squared with one degree of freedom."""


class FirstAnswers:
    """First answers to several curves.

    Attributes:
        published: the published first answers.
        error: standard errors of their reading.
        networks: first answers of networks after K numbers of steps.
    """

    def __init__(self, shown: Sequence[Published]) -> None:
        # Curves of a figure with equal first values share one dot.
        distinct = {(each.family, float(each.answers[0, 0, 0])): each for each in shown if np.isfinite(each.output[0])}
        known = [*distinct.values()]
        self.published: Float[np.ndarray, " N"] = np.array([each.output[0] for each in known])
        self.error: Float[np.ndarray, " N"] = np.array([each.error[0] for each in known])
        self.networks: Float[np.ndarray, "K S N"] = np.stack([each.answers[..., 0] for each in known], -1).astype(float)

    def log_likelihood(self, number: int) -> float:
        """Log-likelihood of the published answers under a normal distribution of the networks and of reading errors.

        It has the networks' mean and covariance, since a network's first answers rise and fall together.
        """
        networks = self.networks[number]
        covariance = np.atleast_2d(np.cov(networks, rowvar=False)) + np.diag(np.square(self.error))
        difference = self.published - networks.mean(axis=0)
        _, log_determinant = np.linalg.slogdet(2 * np.pi * covariance)
        return float(-(difference @ np.linalg.solve(covariance, difference) + log_determinant) / 2)

    def deviations(self, number: int) -> Float[np.ndarray, " N"]:
        """The deviation of each published answer from the networks' mean, in their standard deviations."""
        networks = self.networks[number]
        return np.asarray((self.published - networks.mean(axis=0)) / networks.std(axis=0, ddof=1))

    def beyond_all(self, number: int) -> bool:
        """Whether every published answer lies outside the range of all networks."""
        low, high = self.networks[number].min(axis=0), self.networks[number].max(axis=0)
        return bool(np.all((self.published < low) | (self.published > high)))


def not_excluded(log_likelihood: Float[np.ndarray, " K"]) -> Bool[np.ndarray, " K"]:
    """The 95 % likelihood-ratio interval of one parameter."""
    return np.asarray(2 * (log_likelihood.max() - log_likelihood) <= LIKELIHOOD_RATIO)
