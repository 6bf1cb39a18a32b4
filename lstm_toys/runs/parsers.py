"""Parsers of flags, chosen by annotations: absl's, which here accept numbers only as people write them, and others.

A parser takes what is typed, or a value of Python, which it checks in the same way. Imports no jax.
"""

import importlib.util
import inspect
import math
import re
from collections.abc import Callable
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from absl import flags

from lstm_toys.execution import LOCAL
from lstm_toys.networks import cells
from lstm_toys.tasks.goal import EarlyStopping
from lstm_toys.tasks.parameters import Axis

T = TypeVar("T")

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:[0-9]{1,5}")
MOST_UNITS = 1_000_000
"""Most units of a layer. A machine can hold far fewer."""

MOST = 2**31 - 1
LARGEST = 1e6
"""Largest whole number, and largest absolute value of the numbers of curves; answers of networks are far smaller."""

WHOLE = re.compile(r"([+-]?[0-9]+)([eE]\+?([0-9]{1,2}))?")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""Numbers as people write them; Python also accepts ``1_6``, ``nan``, outer spaces, and digits of every script."""


def stated(value: Any) -> str:
    """Returns the value of a flag as it is typed."""
    if value is None:
        return "none"
    return (",".join(map(str, value)) or "none") if isinstance(value, list | tuple) else str(value)


def whole(value: Any, what: str = "an integer") -> int:
    """Parses a whole number, such as 1000 or 1e3; raises ValueError with the words."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and (match := WHOLE.fullmatch(value)):
        return int(match[1]) * 10 ** int(match[3] or 0)
    raise ValueError(f"{str(value)!r} is not {what}")


def decimal(value: Any, what: str = "a number") -> float:
    """Parses a finite number; raises ValueError with the words."""
    real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if real or (isinstance(value, str) and DECIMAL.fullmatch(value)):
        return float(value)
    raise ValueError(f"{str(value)!r} is not {what}")


class Integer(flags.IntegerParser):
    """Parses a whole number within bounds."""

    def convert(self, argument: Any) -> int:
        """Parses a number; raises ValueError with a description of the accepted values."""
        return whole(argument, self.syntactic_help)


class Float(flags.FloatParser):
    """Parses a real number within bounds, as written in decimal digits."""

    def convert(self, argument: Any) -> float:
        """Parses a number; raises ValueError with a description of the accepted values."""
        return decimal(argument, self.syntactic_help)


class Switch(flags.BooleanParser):
    """Parses ``--flag=true`` and the like; absl's own refusal does not say what is accepted."""

    def parse(self, argument: Any) -> bool:
        """Parses a switch; raises ValueError with a description of the accepted values."""
        try:
            return bool(super().parse(argument))
        except (TypeError, ValueError):
            raise ValueError("takes true or false, or nothing") from None


class Parser(flags.ArgumentParser[T], Generic[T]):
    """Parses a flag with a function; ``takes`` describes the accepted values, for a refusal and for the help.

    ``convert`` takes text or a value, and raises an error for anything else; ``valid``: whether its result is accepted;
    ``many``: the flag may be repeated.
    """

    def __init__(
        self, convert: Callable[[Any], T], takes: str, valid: Callable[[T], Any] = lambda _: True, *, many: bool = False
    ) -> None:
        self.convert, self.syntactic_help, self.valid, self.many = convert, takes, valid, many

    def parse(self, argument: Any) -> T:
        """Parses text or a value; raises ValueError with a description of the accepted values."""
        try:
            if self.valid(value := self.convert(argument)):
                return value
            raise ValueError
        except cells.InvalidModel as error:
            raise ValueError(str(error)) from None
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"takes {self.syntactic_help}") from None


def taking(words: str, *, many: bool = False) -> Callable[[Callable[[Any], T]], Parser[T]]:
    """Makes a function a parser, which takes what the words describe."""
    return lambda convert: Parser(convert, words, many=many)


def unless(word: str, parser: flags.ArgumentParser[T], meaning: str = "") -> Parser[T | None]:
    """Also parses a word, as None; ``meaning`` explains it."""
    takes = f"{parser.syntactic_help}, or {word}{meaning and f': {meaning}'}"
    return Parser(lambda value: None if value == word else parser.parse(value), takes)


def choice(*names: str) -> flags.EnumParser:
    """Parses a flag that takes only these words."""
    parser = flags.EnumParser(names)
    parser.syntactic_help = f"one of {', '.join(names)}"
    return parser


positive = Float(1e-37, 1e38)
"""Parses a positive number in the range of single precision."""

not_negative = Parser(lambda size: positive.parse(size) if decimal(size) else 0.0, f"0, or {positive.syntactic_help}")
number = Float(-LARGEST, LARGEST)
share = unless("auto", Float(0.0, 0.999999), "the optimizer's default")
"""Parses a number in [0, 1), in single precision, or None for the word ``auto``."""


def wholes(value: Any) -> tuple[int, ...]:
    """Parses whole numbers separated by commas, or ``none``; raises ValueError."""
    if value == "none":
        return ()
    numbers = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else (value,)
    return tuple(map(whole, numbers))


widths = Parser(
    wholes,
    f"at most {cells.MOST_LAYERS} integers from 1 to {MOST_UNITS:,}, separated by commas, such as 32,32, or none",
    lambda numbers: len(numbers) <= cells.MOST_LAYERS and all(1 <= number <= MOST_UNITS for number in numbers),
)
"""Parses how many units each layer has, of a few layers at most."""

numbers_of_steps = Parser(
    wholes,
    "integers in ascending order, separated by commas, such as 0,100,1000, or none",
    lambda numbers: min(numbers, default=0) >= 0 and list(numbers) == sorted(set(numbers)),
)
"""Parses the steps after which parameters are kept."""


@taking("a positive integer, best, both separated by a comma, such as 5,best, or none")
def early_stopping(value: Any) -> EarlyStopping:
    """Parses when networks stop and what they keep."""
    if isinstance(value, EarlyStopping):
        return value
    text = str(value)  # Also of a number.
    records, *others = text.removesuffix("best").removesuffix(",").split(",")
    stopping = EarlyStopping(records=whole(records) if records not in ("", "none") else 0, best=text.endswith("best"))
    if others or str(stopping) != text:
        raise ValueError
    return stopping


name = Parser(str, "the name of a module", bool)
"""Parses the name of a declaration, which `lstm_toys.cli.command` looks up."""


@taking(
    f"one of {', '.join(cells.CELLS)}, or package.module:Class of a custom cell in this folder, on PYTHONPATH or "
    "installed, with values of its attributes such as package.module:Class(rank=2)"
)
def cell(value: Any) -> str:
    """Parses the name of a cell; see `lstm_toys.networks.cells`."""
    if ":" not in value and value not in cells.CELLS:
        raise ValueError
    first = re.split("[.:]", cells.parsed(value)[0])[0]
    if not importlib.util.find_spec(first):
        raise cells.InvalidModel(f"there is no module {first} in this folder, on PYTHONPATH or installed")
    return cells.canonical(value)


def path(value: Any) -> Path:
    """Parses a path that can exist and be printed; raises an error."""
    if not value or "\0" in str(value):
        raise ValueError
    str(value).encode()
    return Path(value)


folder, file = (Parser(path, f"a {kind} with a valid name") for kind in ("folder", "file"))


@taking("local:N, tcp://host:port, tls://host:port, the scheduler file of a Dask scheduler, or none")
def cluster(value: Any) -> str | None:
    """Parses the address of a cluster's workers."""
    if value == "none":
        return None
    if value.startswith(LOCAL):
        Integer(1, 1_000).parse(value.removeprefix(LOCAL))
    elif not (ADDRESS.fullmatch(value) if "://" in value else path(value).is_file()):
        raise ValueError
    return str(value)


words = Parser(lambda text: text.strip() if text.isprintable() else "", "text", bool)
"""Parses text that is not empty and has no control characters."""

OF_TYPES: dict[Any, flags.ArgumentParser[Any]] = {
    bool: Switch(),
    int: Integer(-MOST, MOST),
    float: number,
    str: words,
    Path: file,
}


def of(annotation: Any) -> flags.ArgumentParser[Any]:
    """Returns the parser of the values that an annotation allows.

    ``Annotated[int, range(1, 9)]`` has bounds, ``Annotated[X, parser]`` names a parser, ``Literal`` has choices,
    ``X | None`` also takes the word none, and a flag of ``tuple[X, ...]`` may be repeated. Raises ValueError for other
    annotations.
    """
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Integer(inner[1].start, inner[1].stop - 1) if isinstance(inner[1], range) else inner[1]
    if origin is Literal:
        return choice(*inner)
    if type(None) in inner:
        return unless("none", of(inner[0]))
    if origin is tuple:
        parser = of(inner[0])
        return Parser(parser.parse, parser.syntactic_help, many=True)
    if annotation not in OF_TYPES:
        kind = "anything" if annotation is inspect.Parameter.empty else annotation
        raise ValueError(f"no flag takes {kind}; lt.main says what does")
    return OF_TYPES[annotation]


def axis(name: str, takes: str, least: float | int, greatest: float | int, most: int) -> Parser[Axis]:
    """Parses at most ``most`` values of an axis: ``low:high:count``, or one number."""

    def values(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        return Axis(name, decimal(low), decimal(high), whole(count))

    def inside(axis: Axis) -> bool:
        several = (axis.count > 1) == (axis.low < axis.high)
        return several and least <= axis.low and axis.high <= greatest and axis.count <= most

    return Parser(values, f"low:high:count, such as {takes}", inside)
