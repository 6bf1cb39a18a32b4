"""When a network counts as having learned its task."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """When a seed counts as having learned its task.

    Attributes:
        limit: the train MSE, or the train RMSE of each of the features, is at most this.
        features: of the answer; none: the MSE counts. The RMSE of a sequence is over all but the first tenth of x.
        scaled: of what the MSE is, where curves are scaled, in words.

    Example:
        >>> import lstm_toys as lt
        >>> print(lt.Goal(0.02, ("y",)))
        train RMSE of y at most 0.02
    """

    limit: float
    features: tuple[str, ...] = ()
    scaled: str = field(default="", repr=False)

    def __str__(self) -> str:
        measured = f"train RMSE of {' and '.join(self.features)}" if self.features else "train MSE"
        measured += f" of {self.scaled}" if self.scaled else ""
        return f"{measured} at most {self.limit:g}"
