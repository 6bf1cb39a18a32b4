"""The experiments of the post; each module is a command: ``lstm-toys NAME``, or ``python -m experiments.NAME``."""

from typing import Annotated

import lstm_toys as lt

lt.fix_numpy()  # Before a command loads NumPy.

COMMANDS = ("sine", "line", "hill", "hill_y", "amplitude", "slope_intercept", "all", "own")
"""The commands that ``lstm-toys`` lists first: the experiments of the post, and of users' curves."""

BaseSeed = Annotated[int, range(2**32)]
"""The base seed of the networks of an analysis."""

CLONED = (
    *("page", "null", "explained", "resonance", "longevity", "horizons", "surgery"),
    *("papers", "papers.counting", "papers.memory", "papers.tracking", "papers.tune"),
)
"""Commands that a clone has and an installation lacks: research with the library, and the page."""
