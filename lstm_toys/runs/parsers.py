"""Parsers of the values of flags: absl's, which here accept only numbers as people write them, and what it lacks.

Imports no jax.
"""

import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from absl import flags

from lstm_toys.execution import LOCAL
from lstm_toys.networks import cells
from lstm_toys.tasks.goal import EarlyStopping
from lstm_toys.tasks.planes import Axis

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


def whole(text: str, what: str = "an integer") -> int:
    """Parses a whole number, such as 1000 or 1e3; raises ValueError with the words."""
    if match := WHOLE.fullmatch(text):
        return int(match[1]) * 10 ** int(match[3] or 0)
    raise ValueError(f"{text!r} is not {what}")


def decimal(text: str, what: str = "a number") -> float:
    """Parses a number; raises ValueError with the words."""
    if DECIMAL.fullmatch(text):
        return float(text)
    raise ValueError(f"{text!r} is not {what}")


class Integer(flags.IntegerParser):
    """Parses a whole number within bounds."""

    def convert(self, argument: int | str) -> int:
        """Parses the text; raises ValueError with a description of the accepted values."""
        return whole(str(argument), self.syntactic_help)


class Float(flags.FloatParser):
    """Parses a real number within bounds, as written in decimal digits."""

    def convert(self, argument: float | str) -> float:
        """Parses the text; raises ValueError with a description of the accepted values."""
        return decimal(str(argument), self.syntactic_help)


class Switch(flags.BooleanParser):
    """Parses ``--flag=true`` and the like; absl's own refusal does not say what is accepted."""

    def parse(self, argument: Any) -> bool:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return bool(super().parse(argument))
        except ValueError:
            raise ValueError("takes true or false, or nothing") from None


class Parser(flags.ArgumentParser[T], Generic[T]):
    """Parses a flag's text with a function; ``takes`` describes the accepted values, for a refusal and for the help.

    ``convert`` raises ValueError; ``many``: the flag may be repeated.
    """

    def __init__(self, convert: Callable[[str], T], takes: str, *, many: bool = False) -> None:
        self.convert, self.syntactic_help, self.many = convert, takes, many

    def parse(self, argument: Any) -> T:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return self.convert(str(argument))
        except cells.InvalidModel as error:
            raise ValueError(str(error)) from None
        except ValueError:
            raise ValueError(f"takes {self.syntactic_help}") from None


def taking(words: str, *, many: bool = False) -> Callable[[Callable[[str], T]], Parser[T]]:
    """Makes a function of text a parser, which takes what the words describe."""
    return lambda convert: Parser(convert, words, many=many)


def unless(word: str, parser: flags.ArgumentParser[T], meaning: str = "") -> Parser[T | None]:
    """Also parses a word, as None; ``meaning`` explains it."""
    takes = f"{parser.syntactic_help}, or {word}{meaning and f': {meaning}'}"
    return Parser(lambda text: None if text == word else parser.parse(text), takes)


def integer(low: int, high: int = MOST) -> Integer:
    """Parses a whole number from ``low`` to ``high``."""
    return Integer(low, high)


def choice(*names: str) -> flags.EnumParser:
    """Parses a flag that takes only these words."""
    parser = flags.EnumParser(names)
    parser.syntactic_help = f"one of {', '.join(names)}"
    return parser


positive = Float(1e-37, 1e38)
"""Parses a positive number in the range of single precision."""

not_negative = Parser(lambda text: positive.parse(text) if decimal(text) else 0.0, f"0, or {positive.syntactic_help}")
number = Float(-LARGEST, LARGEST)


def share(auto: str) -> Parser[float | None]:
    """Parses a number in [0, 1), in single precision, or None for the word ``auto``, which the argument explains."""
    return unless("auto", Float(0.0, 0.999999), auto)


def wholes(text: str) -> tuple[int, ...]:
    """Parses whole numbers separated by commas, or ``none``; raises ValueError."""
    return () if text == "none" else tuple(map(whole, text.split(",")))


@taking(f"at most {cells.MOST_LAYERS} integers from 1 to {MOST_UNITS:,}, separated by commas, such as 32,32, or none")
def widths(text: str) -> tuple[int, ...]:
    """Parses how many units each layer has, of a few layers at most."""
    numbers = wholes(text)
    if len(numbers) > cells.MOST_LAYERS or not all(1 <= number <= MOST_UNITS for number in numbers):
        raise ValueError
    return numbers


@taking("integers in ascending order, separated by commas, such as 0,100,1000, or none")
def numbers_of_steps(text: str) -> tuple[int, ...]:
    """Parses the steps after which parameters are kept."""
    numbers = wholes(text)
    if min(numbers, default=0) < 0 or list(numbers) != sorted(set(numbers)):
        raise ValueError
    return numbers


@taking("a positive integer, best, both separated by a comma, such as 5,best, or none")
def early_stopping(text: str) -> EarlyStopping:
    """Parses when networks stop and what they keep."""
    records, *others = text.removesuffix("best").removesuffix(",").split(",")
    stopping = EarlyStopping(records=whole(records) if records not in ("", "none") else 0, best=text.endswith("best"))
    if others or str(stopping) != text:
        raise ValueError
    return stopping


@taking("the name of a module")
def name(text: str) -> str:
    """Parses the name of a declaration, which `lstm_toys.cli.modules` looks up."""
    if not text:
        raise ValueError
    return text


@taking(
    f"one of {', '.join(cells.CELLS)}, or package.module:Class of a custom cell in this folder, on PYTHONPATH or "
    "installed, with values of its attributes such as package.module:Class(rank=2)"
)
def cell(text: str) -> str:
    """Parses the name of a cell; see `lstm_toys.networks.cells`."""
    if ":" not in text and text not in cells.CELLS:
        raise ValueError
    first = re.split("[.:]", cells.parsed(text)[0])[0]
    if not importlib.util.find_spec(first):
        raise cells.InvalidModel(f"there is no module {first} in this folder, on PYTHONPATH or installed")
    return cells.canonical(text)


@taking("a folder with a valid name")
def folder(text: str) -> Path:
    """Parses a folder that exists or can be created."""
    text.encode()  # Other names could not be printed.
    if not text or "\0" in text:
        raise ValueError
    return Path(text)


files = Parser(folder.convert, "a file with a valid name", many=True)

file = unless("none", Parser(folder.convert, "a file with a valid name"))


@taking("local:N, tcp://host:port, tls://host:port, the scheduler file of a Dask scheduler, or none")
def cluster(text: str) -> str | None:
    """Parses the address of a cluster's workers."""
    if text == "none":
        return None
    if text.startswith(LOCAL):
        Integer(1, 1_000).parse(text.removeprefix(LOCAL))
    elif not (ADDRESS.fullmatch(text) if "://" in text else folder.convert(text).is_file()):
        raise ValueError
    return text


@taking("text")
def words(text: str) -> str:
    """Parses text that is not empty and has no control characters; raises ValueError."""
    if not text.isprintable() or not text.strip():
        raise ValueError
    return text.strip()


OF_TYPES: dict[Any, flags.ArgumentParser[Any] | None] = {
    bool: None,
    int: integer(-MOST),
    float: number,
    str: words,
    Path: Parser(folder.convert, "a file with a valid name"),
}


def of(kind: Any) -> flags.ArgumentParser[Any] | None:
    """Returns the parser of the values that an annotation allows; None for a switch.

    ``Annotated[int, range(1, 9)]`` has bounds, ``Literal`` has choices, ``X | None`` also takes the word none, and a
    flag of ``tuple[X, ...]`` may be repeated. Raises ValueError for other annotations.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return integer(inner[1].start, inner[1].stop - 1)
    if origin is Literal:
        return choice(*inner)
    if type(None) in inner:
        return unless("none", required(inner[0]))
    if origin is tuple:
        own = required(inner[0])
        return Parser(own.parse, own.syntactic_help, many=True)
    if kind not in OF_TYPES:
        raise ValueError(
            f"no flag takes {'anything' if kind is inspect.Parameter.empty else kind}; lt.main says what does"
        )
    return OF_TYPES[kind]


def required(kind: Any) -> flags.ArgumentParser[Any]:
    """Returns the parser of an annotation that is no switch."""
    parser = of(kind)
    assert parser is not None
    return parser


def axis(name: str, takes: str, least: float | int, greatest: float | int, most: int) -> Parser[Axis]:
    """Parses at most ``most`` values of an axis: ``low:high:count``, or one number."""

    @taking(f"low:high:count, such as {takes}")
    def values(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        values = Axis(name, decimal(low), decimal(high), whole(count))
        inside = least <= values.low <= values.high <= greatest and values.count <= most
        if not inside or (values.count == 1) != (values.low == values.high):
            raise ValueError
        return values

    return values
