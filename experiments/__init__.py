"""The experiments of the post; each module is a command: ``lstm-toys NAME``, or ``python -m experiments.NAME``."""

import lstm_toys as lt

lt.fix_numpy()  # Before a command loads NumPy.

COMMANDS = ("sine", "line", "hill", "hill_y", "amplitude", "slope_intercept", "all", "own")
"""The commands that ``lstm-toys`` lists first: the experiments of the post, and of users' curves."""

CLONED = (
    *("page", "null", "explained", "resonance", "longevity", "horizons", "surgery"),
    *("papers", "papers.counting", "papers.memory", "papers.tracking", "papers.tune"),
)
"""Commands that a clone has and an installation lacks: research with the library, and the page."""
