"""Runs: settings, folders and lifecycle.

>>> training = {"steps": 1000, "learning_rate": 0.1, "optimizer": "sgd", "momentum": None, "decay": None}
>>> network = {"hidden": (4,), "readout": "cell", "timesteps": 20, "noise": 0.0}
>>> print(lt.Settings("line", seeds=2, base_seed=0, block=None, **training, **network))
line (hidden 4, readout cell), 2 seeds
"""
