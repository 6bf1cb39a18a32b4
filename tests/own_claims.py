"""Claims of a test's own, as the command finds them, and the small networks that they are about."""

import dataclasses
import sys
from types import ModuleType

import lstm_toys as lt
from experiments import line
from lstm_toys import modules

FLAGS = ["--hidden=3", "--readout=dense", "--timesteps=12", "--steps=20"]
EXPERIMENT = dataclasses.replace(line.EXPERIMENT, goal=lt.Goal(rmse=10.0))


def declare(monkeypatch, name, claims):
    """Puts claims into a module of this name that nobody has changed."""
    module = ModuleType(name)
    module.CLAIMS = claims
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(modules, "interactive", lambda: False)
    monkeypatch.setattr(modules, "changed", lambda _: False)
