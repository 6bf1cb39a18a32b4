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

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:[0-9]{1,5}")
"""Address of a scheduler."""

MOST_UNITS = 1_000_000
"""Most units of a layer. A machine can hold far fewer, which is checked later."""

LARGEST = 1e6
"""Largest absolute value of the numbers of curves; answers of networks are far smaller."""

MOST_LAYERS = 100
"""Most layers."""

WHOLE = re.compile(r"[+-]?[0-9]+")
POWER = re.compile(r"([+-]?[0-9]+)[eE]\+?([0-9]{1,2})")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""Numbers as people write them; Python also accepts ``1_6``, ``nan``, outer spaces, and digits of every script."""


def whole(text: str) -> int:
    """Parses a whole number, such as 1000 or 1e3; raises ValueError."""
    if power := POWER.fullmatch(text):
        return int(power[1]) * 10 ** int(power[2])
    if not WHOLE.fullmatch(text):
        raise ValueError
    return int(text)


def decimal(text: str) -> float:
    """Parses a number; raises ValueError."""
    if not DECIMAL.fullmatch(text):
        raise ValueError
    return float(text)


def single(value: float) -> float:
    """Rounds a number from -1e38 to 1e38 to single precision."""
    return struct.unpack("f", struct.pack("f", value))[0]


class Parser(flags.ArgumentParser[T], Generic[T]):
    """Parses a flag's text with a function; its error message describes the accepted values.

    Attributes:
        convert: from text to a value; raises ValueError.
        takes: description of the accepted values.
        many: whether the flag may be repeated.
    """

    def __init__(self, convert: Callable[[str], T], takes: str, *, many: bool = False) -> None:
        self.convert, self.takes, self.many = convert, takes, many

    def parse(self, argument: Any) -> T:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return self.convert(str(argument))
        except ValueError:
            raise ValueError(f"takes {self.takes}") from None


class Switch(flags.BooleanParser):
    """Parses ``--flag=true`` and the like."""

    def parse(self, argument: Any) -> bool:
        """Parses the text; raises ValueError with a description of the accepted values."""
        try:
            return bool(super().parse(argument))
        except ValueError:
            raise ValueError("takes true or false, or nothing") from None


def integer(low: int, high: int) -> Parser[int]:
    """Parses a whole number from ``low`` to ``high``."""

    def convert(text: str) -> int:
        if not low <= (number := whole(text)) <= high:
            raise ValueError
        return number

    return Parser(convert, f"a whole number from {low:,} to {high:,}")


def integer_or_auto(low: int, high: int) -> Parser[int | None]:
    """Parses a whole number from ``low`` to ``high``, or None for the word ``auto``."""
    number = integer(low, high)
    return Parser(lambda text: None if text == "auto" else number.convert(text), f"{number.takes}, or auto")


def positive() -> Parser[float]:
    """Parses a positive number in the range of single precision."""

    def convert(text: str) -> float:
        if not 1e-37 <= (number := decimal(text)) <= 1e38:
            raise ValueError
        return number

    return Parser(convert, "a finite number above 0, from 1e-37 to 1e38")


def share(auto: str) -> Parser[float | None]:
    """Parses a number in [0, 1), or None for the word ``auto``, which the argument explains."""

    def convert(text: str) -> float | None:
        if text == "auto":
            return None
        if not 0 <= (number := decimal(text)) < 1 or single(number) == 1:
            raise ValueError
        return number

    return Parser(convert, f"a number from 0 up to but not including 1 (in single precision), or auto: {auto}")


def number() -> Parser[float]:
    """Parses a number of either sign."""

    def convert(text: str) -> float:
        if not abs(number := decimal(text)) <= LARGEST:
            raise ValueError
        return number

    return Parser(convert, f"a number from -{LARGEST:,.0f} to {LARGEST:,.0f}")


def not_negative() -> Parser[float]:
    """Parses zero, or a number that `positive` accepts."""
    above = positive()
    return Parser(lambda text: above.convert(text) if decimal(text) else 0.0, f"0, or {above.takes}")


def widths() -> Parser[tuple[int, ...]]:
    """Parses the widths of layers."""

    def convert(text: str) -> tuple[int, ...]:
        if text == "none":
            return ()
        numbers = tuple(whole(part) for part in text.split(","))
        if len(numbers) > MOST_LAYERS or not 1 <= min(numbers) <= max(numbers) <= MOST_UNITS:
            raise ValueError
        return numbers

    return Parser(
        convert,
        f"at most {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS:,}, separated by commas, such as 32,32, or none",
    )


def numbers_of_steps() -> Parser[tuple[int, ...]]:
    """Parses numbers of steps in ascending order."""

    def convert(text: str) -> tuple[int, ...]:
        numbers = () if text == "none" else tuple(whole(part) for part in text.split(","))
        if any(number < 0 for number in numbers) or list(numbers) != sorted(set(numbers)):
            raise ValueError
        return numbers

    return Parser(convert, "whole numbers in ascending order, separated by commas, such as 0,100,1000, or none")


def choice(*names: str) -> Parser[str]:
    """Parses one of a few names."""

    def convert(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Parser(convert, "one of " + ", ".join(names))


def name() -> Parser[str]:
    """Parses the name of a declaration, which `lstm_toys.cli.modules` looks up."""

    def convert(text: str) -> str:
        if not text:
            raise ValueError
        return text

    return Parser(convert, "the name of a module")


def cell() -> Parser[str]:
    """Parses the name of a built-in cell, or the ``package.module:Class`` of a custom one."""

    def convert(text: str) -> str:
        if text not in cells.CELLS:
            package = re.split("[.:]", text)[0]
            if not cells.PLACE.fullmatch(text) or importlib.util.find_spec(package) is None:
                raise ValueError
        return text

    own = "package.module:Class of a custom cell in this folder, on PYTHONPATH or installed"
    return Parser(convert, f"one of {', '.join(cells.CELLS)}, or {own}")


def cluster() -> Parser[str | None]:
    """Parses the address of a cluster's workers, or None for the word ``none``."""
    workers = integer(1, 1_000)

    def convert(text: str) -> str | None:
        if text.startswith(LOCAL):
            workers.convert(text.removeprefix(LOCAL))
        elif "://" in text:
            if not ADDRESS.fullmatch(text):
                raise ValueError
        elif text != "none" and not folder().convert(text).is_file():
            raise ValueError
        return None if text == "none" else text

    return Parser(convert, "local:N, tcp://host:port, tls://host:port, the scheduler file of a Dask scheduler, or none")


def folder() -> Parser[Path]:
    """Parses a folder that exists or can be created."""

    def convert(text: str) -> Path:
        if not text or "\0" in text:
            raise ValueError
        text.encode()  # Other names could not be printed.
        return Path(text)

    return Parser(convert, "a folder with a valid name")


def path() -> Parser[Path | None]:
    """Parses a file, or None for the word ``none``."""
    return Parser(lambda text: None if text == "none" else folder().convert(text), "a file with a valid name, or none")
