"""The experiments of the post; each module is a command: ``lstm-toys NAME``, or ``python -m experiments.NAME``."""

from lstm_toys.studies import STUDIES

COMMANDS = (
    *("all", "line", "hill", "hill_y", "sine", "amplitude", "slope_intercept"),
    *(*STUDIES, "own", "page"),
)
"""The commands that ``lstm-toys`` lists first: the experiments, the studies of any experiment, and the page."""
