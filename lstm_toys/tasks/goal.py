"""When a network counts as having learned its task."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from jaxtyping import Float

AFTER = 0.1
"""Default share at the beginning of a sequence whose errors do not count."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """When a seed counts as having learned its task.

    Attributes:
        rmse: largest root mean squared error on the training set that counts as learned, in scaled units where curves
            are scaled.
        features: output features that must each meet the goal; if empty, all of them together.
        after: share at the beginning of a sequence whose errors do not count, since every network starts from a zero
            state and has to find the curve first. It does not apply to numbers of whole curves.

    Raises:
        ValueError: the error is not above 0, the features are not a tuple of names, or nothing would be left.

    Example:
        >>> import lstm_toys as lt
        >>> print(lt.Goal(rmse=0.02, features=("y",)))
        train RMSE of y at most 0.02
        >>> print(lt.Goal(rmse=0.02, after=0))
        train RMSE over whole curves at most 0.02
    """

    rmse: float | int
    features: tuple[str, ...] = ()
    after: float | int = AFTER

    def __post_init__(self) -> None:
        for name in ("rmse", "after"):
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool):
                raise ValueError(f"goal: {name} is a number, not {value!r}")
        if not 0 < self.rmse < np.inf:
            raise ValueError(f"goal: rmse is an error above 0, not {self.rmse!r}")
        if not 0 <= self.after < 1:
            raise ValueError(f"goal: after is a share of the curve from 0 to less than 1, not {self.after!r}")
        if not isinstance(self.features, tuple) or not all(isinstance(name, str) for name in self.features):
            raise ValueError(f"goal: features is a tuple of names, such as ('y',), not {self.features!r}")

    def error(self, rmse: Float[np.ndarray, "*S A"], asked: Sequence[str]) -> Float[np.ndarray, "*S"]:
        """The error that the goal limits, from the error of each of the output features ``asked``."""
        if self.features:
            return np.asarray(rmse[..., [asked.index(name) for name in self.features]].max(axis=-1))
        return np.asarray(np.sqrt(np.square(rmse).mean(axis=-1)))

    def told(self, *, scaled: bool) -> str:
        """Describes the goal; ``scaled`` says whether networks are trained on scaled values."""
        of = [*([" and ".join(self.features)] if self.features else []), *(["scaled values"] if scaled else [])]
        measured = ["train RMSE", *(f"of {each}" for each in of)]
        if self.after != AFTER:
            measured.append(after_which(self.after) or "over whole curves")
        return f"{' '.join(measured)} at most {self.rmse:.3g}"

    def __str__(self) -> str:
        return self.told(scaled=False)


def after_which(after: float | int) -> str:
    """Describes after which share of a curve errors count; empty if all of them do."""
    if not after:
        return ""
    return "after the first tenth" if after == 0.1 else f"after the first {100 * after:g} %"
