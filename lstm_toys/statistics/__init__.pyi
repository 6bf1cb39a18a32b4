from .comparisons import probability_above, shift
from .intervals import (
    Estimate,
    band,
    clopper_pearson,
    holm,
    median_bootstrap,
    median_quartiles,
    percentile_interval,
    resample,
    wilson,
)
from .psychometrics import Psychometric, PsychophysicalKernel, psychometric, psychophysical_kernel
from .similarity import procrustes, rank_correlation

__all__ = [
    "Estimate",
    "Psychometric",
    "PsychophysicalKernel",
    "band",
    "clopper_pearson",
    "holm",
    "median_bootstrap",
    "median_quartiles",
    "percentile_interval",
    "probability_above",
    "procrustes",
    "psychometric",
    "psychophysical_kernel",
    "rank_correlation",
    "resample",
    "shift",
    "wilson",
]
