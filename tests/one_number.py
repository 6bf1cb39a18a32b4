"""Results from which a claim reads one number of each network."""

from types import SimpleNamespace

import numpy as np
import xarray as xr


def labeled(numbers, diverged=(), truth=0.0, **outcomes):
    """Results whose networks answer one line of 0, of one time point, by one number each."""
    seeds, axes, answer = np.arange(len(numbers)), ("curve", "time", "feature"), np.asarray(numbers, float)
    of_networks = {"diverged": np.isin(seeds, diverged), **outcomes}
    networks = xr.Dataset({name: ("seed", each) for name, each in of_networks.items()}, {"seed": seeds})
    shown = {"input": (axes, np.zeros((1, 1, 1))), "truth": (axes, np.full((1, 1, 1), truth))}
    line = xr.Dataset({**shown, "answer": (("seed", *axes), answer[:, None, None, None])})
    training = line.assign(train_loss=(("seed", "step"), np.ones((len(seeds), 3))))
    return xr.DataTree.from_dict({"/": networks, "line": line, "training": training})


def the_number(line):
    return line.answer.values[:, 0, 0, 0]


def changed(row, **values):
    """A row or cell with other values."""
    return SimpleNamespace(**{**vars(row), **values})
