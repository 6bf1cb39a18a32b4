"""Runs every experiment of the post, one after another.

Flags apply to all experiments; without a flag, each experiment uses its own default.
"""

import lstm_toys as lt

from . import amplitude, hill, hill_y, line, sine, slope_intercept

EXPERIMENTS = {
    module.EXPERIMENT.name: module.EXPERIMENT for module in (line, hill, hill_y, sine, amplitude, slope_intercept)
}

if __name__ == "__main__":
    lt.main(*EXPERIMENTS.values())
