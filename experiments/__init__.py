"""The experiments of the post; each module is a command: ``lstm-toys NAME``, or ``python -m experiments.NAME``."""

import lstm_toys as lt

lt.fix_numpy()  # Before a command loads NumPy.

COMMANDS = ("own", "all", "line", "hill", "hill_y", "sine", "amplitude", "slope_intercept")
"""The commands that ``lstm-toys`` lists after the studies: the experiments of users' curves, and those of the post."""

CLONED = (
    *("page", "null", "explained", "resonance", "longevity", "horizons", "surgery"),
    *("papers", "papers.counting", "papers.memory", "papers.tracking", "papers.tune"),
)
"""Commands that a clone has and an installation lacks: research with the library, and the page."""
