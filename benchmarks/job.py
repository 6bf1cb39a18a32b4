"""The work that contestants are timed on. Imports no array library but NumPy, since some contestants have no other."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from jaxtyping import Float

LEARNING_RATE = 0.1

CHECKED_STEPS = 50
"""Steps after which a contestant is held against the float64 reference."""

Weights = dict[str, dict[str, np.ndarray]]
"""Layers ``lstm_0``, ``lstm_1``, ..., ``readout``, each with ``kernel``, ``recurrent_kernel`` and ``bias``."""


@dataclass(frozen=True)
class Job:
    """What one member-step is.

    Attributes:
        hidden: units of each LSTM layer below the readout, an LSTM layer of one unit.
        points: time points of a curve.
        curves: in the training set, all of them in every step.
    """

    hidden: tuple[int, ...] = (32,)
    points: int = 100
    curves: int = 1

    @property
    def layers(self) -> list[str]:
        """Names of the layers, from the input up."""
        return [*(f"lstm_{layer}" for layer in range(len(self.hidden))), "readout"]

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the sines: 0.3 + 0.3 sin(10 x), and where there are more, frequencies up to 60."""
        frequency = 10.0 if self.curves == 1 else np.linspace(10.0, 60.0, self.curves)
        return {"amplitude": 0.3, "frequency": frequency, "phase": 0.0, "offset": 0.3}

    def as_dict(self) -> dict[str, Any]:
        """The job as JSON has it."""
        return dataclasses.asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The job that `as_dict` describes."""
        return cls(**values | {"hidden": tuple(values["hidden"])})

    def __str__(self) -> str:
        widths = ", ".join(map(str, self.hidden))
        return f"{widths} units, {self.points:,} points, {self.curves} curve{'s' if self.curves > 1 else ''}"


@dataclass(frozen=True)
class Start:
    """What a contestant begins with.

    Attributes:
        inputs: the curves, which are the targets too.
        weights: of some members, every leaf with a leading axis M.
    """

    inputs: Float[np.ndarray, "C T 1"]
    weights: Weights

    @property
    def members(self) -> int:
        """How many members there are."""
        return len(self.weights["readout"]["bias"])

    def take(self, numbers: list[int]) -> "Start":
        """Some of the members."""
        return Start(self.inputs, take(self.weights, numbers))

    def save(self, path: Path) -> None:
        """Writes npz."""
        np.savez(path, **{"inputs": self.inputs} | flat(self.weights))  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["inputs"], nested({name: arrays[name] for name in arrays if name != "inputs"}))


def take(weights: Weights, numbers: Any) -> Weights:
    """Some of the members; numbers past the last one stand for the last."""
    return {
        layer: {name: np.take(leaf, numbers, axis=0, mode="clip") for name, leaf in group.items()}
        for layer, group in weights.items()
    }


def flat(weights: Weights) -> dict[str, np.ndarray]:
    """Weights by ``layer/name``."""
    return {f"{layer}/{name}": leaf for layer, group in weights.items() for name, leaf in group.items()}


def nested(leaves: dict[str, np.ndarray]) -> Weights:
    """The inverse of `flat`."""
    weights: Weights = {}
    for path, leaf in leaves.items():
        layer, name = path.split("/")
        weights.setdefault(layer, {})[name] = leaf
    return weights


def sample(members: list[int]) -> list[int]:
    """The places of the members that are checked: the first two, one in the middle, and the last."""
    return sorted({0, min(1, len(members) - 1), len(members) // 2, len(members) - 1})
