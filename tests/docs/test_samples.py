"""Samples of horizons: a published one is judged as its own study judged it, and the page has its column."""

import json

import pytest

from docs.maintenance import samples
from experiments.research.horizons import measures


@pytest.mark.long
def test_one_sample_is_judged_as_it_was_published():
    sample = samples.sample()
    seeds = len(next(iter(sample.values()))["horizon"])
    judged = samples.judged([sample], measures.resampled(seeds))
    published = json.loads((samples.ROOT / "results" / "horizons" / "metrics.json").read_text())
    assert json.loads(json.dumps(judged)) == published["numbers"]["verdicts"]
    for name in ("H1", "H4"):  # Whose networks differ between samples.
        assert f"| {samples.words(judged[name], {})} |" in samples.PAGE.read_text()


def test_samples_are_joined_network_by_network():
    first, second = {"H": [1, 2], "by": {"P": [[1, 2], [3, 4]]}}, {"H": [3, 4], "by": {"P": [[5, 6], [7, 8]]}}
    assert samples.joined([first, second]) == {"H": [1, 2, 3, 4], "by": {"P": [[1, 2], [3, 4], [5, 6], [7, 8]]}}
