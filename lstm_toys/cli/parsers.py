"""Parsers of the values of flags, without importing jax."""

import importlib.util
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from absl import flags

from lstm_toys.execution.base import LOCAL
from lstm_toys.networks import cells

T = TypeVar("T")
N = TypeVar("N", int, float)

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:[0-9]{1,5}")
MOST_LAYERS, MOST_UNITS = 100, 1_000_000
"""Most layers, and most units of a layer. A machine can hold far fewer, which is checked later."""

MOST = 2**31 - 1
LARGEST = 1e6
"""Largest whole number, and largest absolute value of the numbers of curves; answers of networks are far smaller."""

WHOLE = re.compile(r"[+-]?[0-9]+")
POWER = re.compile(r"([+-]?[0-9]+)[eE]\+?([0-9]{1,2})")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""Numbers as people write them; Python also accepts ``1_6``, ``nan``, outer spaces, and digits of every script."""


class Parser(flags.ArgumentParser[T], Generic[T]):
    """Parses a flag's text with a function; its error message describes the accepted values.

    ``convert`` raises ValueError; ``takes`` describes the accepted values; ``many``: the flag may be repeated.
    """

    def __init__(self, convert: Callable[[str], T], takes: str, *, many: bool = False) -> None:
        self.convert, self.takes, self.many = convert, takes, many

    def parse(self, argument: Any) -> T:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return self.convert(str(argument))
        except ValueError:
            raise ValueError(f"takes {self.takes}") from None

    def unless(self, word: str, takes: str = "") -> "Parser[T | None]":
        """Also parses a word, as None; ``takes`` replaces the description of the accepted values."""
        return Parser(lambda text: None if text == word else self.convert(text), takes or f"{self.takes}, or {word}")


def taking(words: str, *, many: bool = False) -> Callable[[Callable[[str], T]], Parser[T]]:
    """Makes a function of text a parser, which takes what the words describe."""
    return lambda convert: Parser(convert, words, many=many)


class Switch(flags.BooleanParser):
    """Parses ``--flag=true`` and the like."""

    def parse(self, argument: Any) -> bool:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return bool(super().parse(argument))
        except ValueError:
            raise ValueError("takes true or false, or nothing") from None


def whole(text: str) -> int:
    """Parses a whole number, such as 1000 or 1e3; raises ValueError."""
    if power := POWER.fullmatch(text):
        return int(power[1]) * 10 ** int(power[2])
    return int(matching(text, WHOLE))


def decimal(text: str) -> float:
    """Parses a number; raises ValueError."""
    return float(matching(text, DECIMAL))


def matching(text: str, pattern: re.Pattern[str]) -> str:
    """Returns a text; raises ValueError if it does not match."""
    if not pattern.fullmatch(text):
        raise ValueError
    return text


def within(low: N, number: N, high: N) -> N:
    """Returns a number; raises ValueError if it is not between two others."""
    if not low <= number <= high:
        raise ValueError
    return number


def integer(low: int, high: int = MOST) -> Parser[int]:
    """Parses a whole number from ``low`` to ``high``."""
    return Parser(lambda text: within(low, whole(text), high), f"a whole number from {low:,} to {high:,}")


@taking("a finite number above 0, from 1e-37 to 1e38")
def positive(text: str) -> float:
    """Parses a positive number in the range of single precision."""
    return within(1e-37, decimal(text), 1e38)


@taking(f"0, or {positive.takes}")
def not_negative(text: str) -> float:
    """Parses zero, or a number that `positive` accepts."""
    return positive.convert(text) if decimal(text) else 0.0


@taking(f"a number from -{LARGEST:,.0f} to {LARGEST:,.0f}")
def number(text: str) -> float:
    """Parses a number of either sign."""
    return within(-LARGEST, decimal(text), LARGEST)


def share(auto: str) -> Parser[float | None]:
    """Parses a number in [0, 1), or None for the word ``auto``, which the argument explains."""

    @taking(f"a number from 0 up to but not including 1 (in single precision), or auto: {auto}")
    def parser(text: str) -> float:
        number = within(0.0, decimal(text), 1.0)
        if struct.unpack("f", struct.pack("f", number))[0] == 1:
            raise ValueError
        return number

    return parser.unless("auto", parser.takes)


def wholes(text: str) -> tuple[int, ...]:
    """Parses whole numbers separated by commas, or ``none``; raises ValueError."""
    return () if text == "none" else tuple(map(whole, text.split(",")))


@taking(f"at most {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS:,}, separated by commas, such as 32,32, or none")
def widths(text: str) -> tuple[int, ...]:
    """Parses the widths of layers."""
    numbers = tuple(within(1, number, MOST_UNITS) for number in wholes(text))
    within(0, len(numbers), MOST_LAYERS)
    return numbers


@taking("whole numbers in ascending order, separated by commas, such as 0,100,1000, or none")
def numbers_of_steps(text: str) -> tuple[int, ...]:
    """Parses numbers of steps."""
    numbers = wholes(text)
    if min(numbers, default=0) < 0 or list(numbers) != sorted(set(numbers)):
        raise ValueError
    return numbers


def choice(*names: str) -> Parser[str]:
    """Parses one of a few names."""
    return Parser(lambda text: names[names.index(text)], "one of " + ", ".join(names))


@taking("the name of a module")
def name(text: str) -> str:
    """Parses the name of a declaration, which `lstm_toys.cli.modules` looks up."""
    return matching(text, re.compile("(?s).+"))


@taking(
    f"one of {', '.join(cells.CELLS)}, or package.module:Class of a custom cell in this folder, on PYTHONPATH or "
    "installed"
)
def cell(text: str) -> str:
    """Parses the name of a built-in cell, or the place of a custom one."""
    if text not in cells.CELLS:
        package = re.split("[.:]", matching(text, cells.PLACE))[0]
        if importlib.util.find_spec(package) is None:
            raise ValueError
    return text


@taking("a folder with a valid name")
def folder(text: str) -> Path:
    """Parses a folder that exists or can be created."""
    matching(text, re.compile("[^\0]+")).encode()  # Other names could not be printed.
    return Path(text)


files = Parser(folder.convert, "a file with a valid name", many=True)

file = folder.unless("none", "a file with a valid name, or none")


@taking("local:N, tcp://host:port, tls://host:port, the scheduler file of a Dask scheduler, or none")
def _cluster(text: str) -> str:
    if text.startswith(LOCAL):
        within(1, whole(text.removeprefix(LOCAL)), 1_000)
    elif "://" in text:
        matching(text, ADDRESS)
    elif not folder.convert(text).is_file():
        raise ValueError
    return text


cluster = _cluster.unless("none", _cluster.takes)
"""The address of a cluster's workers."""
