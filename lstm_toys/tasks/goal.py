"""Goals, at which networks count as having learned their task, and early stopping. Imports nothing heavy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

from lstm_toys import arguments

AFTER = 0.1
"""Default share at the beginning of a sequence whose errors do not count."""

Values = TypeVar("Values", bound=Any)
"""Arrays of NumPy, or, in training programs, of JAX."""

ACCURACIES = ("points", "sequences")
"""Accuracies of classes or bits: over points, which a training weights as its loss does, and over whole sequences.

With one answer per sequence there is only the second, which a training weights then."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The error or accuracy at which a seed counts as having learned its task.

    Attributes:
        rmse: largest root mean squared error that counts as learned, on the training set or, with fresh examples, the
            validation set; above 0, in the unit of the curves, or in scaled units where curves are scaled. None if
            there is an ``accuracy``.
        accuracy: smallest accuracy that counts as learned, above 0 and at most 1, for networks that output classes or
            bits. None if there is an ``rmse``.
        features: output features that must each meet the goal; if empty, all of them together. With an accuracy,
            ``("points",)``, the default, counts points, and ``("sequences",)`` completely correct sequences; with one
            answer per sequence, both are the same.
        after: share of a sequence that is ignored at the beginning; None: a tenth for an error, since networks start
            from a zero state and need some time points to settle, and nothing for an accuracy. Answers to whole curves
            always count.

    Raises:
        ValueError: there is not exactly one limit, ``rmse`` or ``accuracy``, or an attribute is out of range.
        TypeError: the class is subclassed.

    Example:
        >>> print(lt.Goal(rmse=0.02, features=("y",), after=0))
        train RMSE of y over whole curves at most 0.02
        >>> print(lt.Goal(accuracy=0.99))
        train accuracy over points at least 0.99
    """

    rmse: float | int | None = None
    accuracy: float | int | None = None
    features: tuple[str, ...] = ()
    after: float | int = None  # type: ignore[assignment]  # None becomes a number.

    def __init_subclass__(cls) -> None:
        instead = "use its attributes, or compute another criterion from results"
        raise TypeError(f"lt.Goal cannot be subclassed, since runs are told apart by its attributes alone; {instead}")

    def __post_init__(self) -> None:
        if self.after is None:
            object.__setattr__(self, "after", AFTER if self.accuracy is None else 0)
        if (self.rmse is None) == (self.accuracy is None):
            raise ValueError("a goal has one limit: rmse or accuracy")
        arguments.fields(self, arguments.number, "after", least=0, below=1)
        arguments.fields(self, arguments.names, "features")
        if self.accuracy is None:
            arguments.fields(self, arguments.number, "rmse", above=0)
        else:
            arguments.fields(self, arguments.number, "accuracy", above=0, most=1)
            object.__setattr__(self, "features", self.features or ACCURACIES[:1])
            for name in self.features:
                arguments.choice("features of an accuracy", name, *ACCURACIES)

    @property
    def limit(self) -> float:
        """The largest error, or the smallest accuracy, that meets the goal."""
        return float(self.rmse if self.accuracy is None else self.accuracy)  # type: ignore[arg-type]

    def error(self, measures: Values, names: Sequence[str]) -> Values:
        """The error ``[*S]`` that the goal limits, or the accuracy, from measures ``[*S, E]`` with these names."""
        library: Any = measures.__array_namespace__()
        if features := self.among(names):
            chosen = measures[..., library.asarray([names.index(name) for name in features])]
            return library.asarray(chosen.max(axis=-1) if self.accuracy is None else chosen.min(axis=-1))
        return library.asarray(library.sqrt(library.square(measures).mean(axis=-1)))

    def met(self, errors: Values) -> Values:
        """Whether each error, or accuracy, counts as learned; NaN does not."""
        met = errors <= self.limit if self.accuracy is None else errors >= self.limit
        return errors.__array_namespace__().asarray(met)

    def among(self, names: Sequence[str]) -> tuple[str, ...]:
        """The names of the measures that have to meet the goal; with one answer per sequence, points are sequences."""
        single = self.accuracy is not None and tuple(names) == ACCURACIES[1:]
        return ACCURACIES[1:] if single else self.features

    def text(self, *, scaled: bool, over: Mapping[str, str] | None = None, of: str = "train") -> str:
        """Describes the goal.

        Args:
            scaled: whether networks are trained on scaled values.
            over: what each recorded accuracy counts, see `counted_over`; None: both of `ACCURACIES`, without weights.
            of: the set that it is recorded on, ``"train"`` or ``"validation"``.
        """
        usual, bound = (AFTER, "at most") if self.accuracy is None else (0, "at least")
        late = "" if self.after == usual else f" {after_which(self.after) or 'over whole curves'}"
        return f"{self.measured(scaled=scaled, over=over, of=of)}{late} {bound} {self.limit:.3g}"

    def measured(
        self, *, scaled: bool, over: Mapping[str, str] | None = None, of: str = "train", joint: str = " and "
    ) -> str:
        """Describes the error, or accuracy, that the goal limits; see `text`. ``joint`` joins several of them."""
        if self.accuracy is not None:
            over = over or counted_over(ACCURACIES, weighted=False)
            return f"{of} accuracy over {joint.join(over[name] for name in self.among([*over]))}"
        measured = joint.join(self.features), "scaled values" * scaled
        return f"{of} RMSE{''.join(f' of {words}' for words in measured if words)}"

    def __str__(self) -> str:
        return self.text(scaled=False)


class Unlearned(NamedTuple):
    """Why a seed did not learn its task, and the last recorded step before it diverged or lost the goal."""

    seed: int
    why: Literal["diverged", "never met the goal", "met the goal and lost it"]
    step: int | None = None

    def __str__(self) -> str:
        return self.why if self.step is None else f"{self.why} after step {self.step:,}"


def counted_over(names: Sequence[str], *, weighted: bool) -> dict[str, str]:
    """Describes what each recorded accuracy is over, by name; the first one is weighted if the loss is."""
    suffix = " (weighted as in the loss)" if weighted else ""
    return {name: f"{name}{suffix if name == names[0] else ''}" for name in names}


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """When a network takes no more steps, and which of its parameters are kept.

    By default, every network takes all steps, and its last parameters are kept.

    Attributes:
        records: number of records in a row at which a network has to meet the goal to take no more steps, while the
            others train on; 0: it takes all steps. There are about 200 records in a training. A network that stops is
            bit-identical to one that is trained for only so many steps.
        best: whether the kept parameters of each network are those of the record with the smallest loss on
            ``validation``, or, without it, with the smallest recorded loss. False: they are those of the last step.
        goal: the `Goal` that ends the training of a network. Recorded errors leave out the same share of a sequence at
            the beginning as the goal does, also if no network stops. In `Settings` it is None, since the experiment has
            the goal.
        validation: `Examples`, or a `Task` that makes some for each seed, on which the loss is recorded as well; None:
            there are none.

    Raises:
        ValueError: an attribute is invalid. `lt.train` also refuses ``records`` without a goal.

    Example:
        >>> print(lt.EarlyStopping(goal=lt.Goal(rmse=0.02), records=5, best=True))
        5,best
    """

    records: int = 0
    best: bool = False
    goal: Goal | None = None
    validation: Any = None

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.whole, "records", least=0)
        arguments.fields(self, arguments.switch, "best")
        arguments.fields(self, arguments.instance, "goal", kind=Goal | None, expected="an lt.Goal or None")

    @property
    def after(self) -> float:
        """The share of a sequence that recorded errors leave out at the beginning."""
        return float(AFTER if self.goal is None else self.goal.after)

    def __str__(self) -> str:
        return ",".join([*([str(self.records)] if self.records else []), *(["best"] if self.best else [])]) or "none"


NEVER = EarlyStopping()


def after_which(after: float | int) -> str:
    """Describes the share of a curve after which errors count; empty if all do."""
    if not after:
        return ""
    return "after the first tenth" if after == 0.1 else f"after the first {100 * after:g} %"
