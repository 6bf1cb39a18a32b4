"""What do LSTMs learn from a simple curve, and what do they do with a curve they never saw?

``import lstm_toys as lt`` reaches every public name, and loads modules on first use. docs/api/index.md groups the
names, and explains the letters in shapes such as ``[S, C, T, A]``. For example, two small networks learn one sine:

>>> import lstm_toys as lt
>>> x = lt.time_points(20)
>>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
>>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
>>> losses = trained.results.training.train_loss
>>> (losses[:, -1] < losses[:, 0]).values.tolist()
[True, True]
"""

from typing import Any

from lstm_toys.namespaces import attach

__version__ = "0.3.0"

SPACES = {
    "claims": "Baseline Change Claim Claims Source Specification Thresholds Variant curves_of labeled per_curve",
    "dynamics": "SlowPoints intervene slow_points turn_mode",
    "errors": "Damaged Diverged InvalidModel OtherTraining Stopped Untrusted",
    "figures": "Drawing",
    "grids": "Axis LENGTH Plane SPACING Trained",
    "sequences": "accepted right",
    "statistics": "Psychometric band clopper_pearson median_bootstrap median_quartiles procrustes psychometric wilson",
}
MOVED = {
    **{name: f"lt.{space}.{name}" for space, names in SPACES.items() for name in names.split()},
    "Rollout": "what lt.rollout returns",
    "Tried": "what lt.tune returns",
    "fingerprint": "in the attributes of lt.Results",
    "load_parameters": "lt.load",
    "read_off_drawn": "lt.read_off with draw",
    "reproduce_curves": "lt.reproduce",
    "save_parameters": "lt.save",
}
"""Names of version 0.3, and what stands for them now."""

# Without `__all__`, which would make `help` print every public class and function in full.
_loaded, __dir__, _ = attach(__name__)


def __getattr__(name: str) -> Any:
    if name in MOVED:
        raise AttributeError(f"lt.{name} is {MOVED[name]} now", name=name, obj=None)
    return _loaded(name)
