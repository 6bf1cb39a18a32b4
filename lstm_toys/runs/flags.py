"""Flags: fields of settings, which command lines set. Imports nothing heavy."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from absl import flags

from lstm_toys.files import content
from lstm_toys.runs import parsers
from lstm_toys.text import message

MOST_FILES = 100
"""Most files of flags in a command line; a file that names itself would have no end."""


class Flag(NamedTuple):
    """A flag: its parser, None for a switch, its help, and its default as it is typed, None without one."""

    parser: flags.ArgumentParser[Any] | None
    text: str = ""
    usual: Any = None


FlagTable = dict[str, Flag]
"""Flags by name."""


def flag(
    default: Any,
    parser: flags.ArgumentParser[Any] | None = None,
    *,
    shown: str | None = None,
    compare: bool = True,
) -> Any:
    """Declares a field of settings that is also a flag; the docstring of the field is its help.

    Args:
        default: value without the flag; `MISSING`: the experiment has to set one.
        parser: parses what is typed and has the bounds, see `lstm_toys.runs.parsers`; None for a switch.
        shown: the default in ``--help``; by default as the value is typed.
        compare: whether results depend on the value, so that another value is another run.

    Example:
        A class with the flag ``--count``:

        >>> from lstm_toys.runs import flags, parsers
        >>> @dataclasses.dataclass(frozen=True)
        ... class Lines:
        ...     count: int = flags.flag(8, parsers.integer(1))
        >>> Lines(**flags.read({"count": flags.Flag(parsers.integer(1))}, ["--count=5"]))
        Lines(count=5)
    """
    usual = None if default is MISSING else default if parser is None else parsers.stated(default)
    own = Flag(parser, usual=usual if shown is None else shown)
    return dataclasses.field(default=default, compare=compare, metadata={"flag": own})


def of(*settings: type[Any]) -> FlagTable:
    """Returns the flags that classes of settings declare."""
    return {name: each for kind in settings for name, each in _declared(kind).items()}  # type: ignore[arg-type]


@cache
def _declared(settings: type[Any]) -> FlagTable:
    texts = dict[str, str]()
    for kind in settings.__mro__[:-1]:
        (tree,) = ast.parse(inspect.getsource(kind)).body
        for field, text in pairwise(getattr(tree, "body", ())):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                texts[ast.unparse(field.target)] = " ".join(ast.literal_eval(text.value).split()).rstrip(".")
    every = [each for each in dataclasses.fields(settings) if "flag" in each.metadata]
    return {each.name: each.metadata["flag"]._replace(text=texts[each.name]) for each in every}


def of_function(function: Callable[..., Any]) -> FlagTable:
    """Returns the flags of a function: its parameters, whose annotations are parsed as `parsers.of` says.

    Their help is what the function's docstring says of them under Args. Every parameter needs a default.
    """
    section = re.search(r"^Args:\n((?:(?: {4}.*)?\n)*)", f"{inspect.getdoc(function)}\n", re.MULTILINE)
    told = re.split(r"^ {4}(\w+): ", section[1] if section else "", flags=re.MULTILINE)[1:]
    texts = {name: " ".join(text.split()).rstrip(".") for name, text in zip(told[::2], told[1::2], strict=True)}
    table: FlagTable = {}
    for each in inspect.signature(function, eval_str=True).parameters.values():
        named = f"{function.__name__}: the parameter {each.name}"
        if each.default is inspect.Parameter.empty:
            raise UsageError(f"{named} has no default, which a flag needs")
        try:
            parser = parsers.of(each.annotation)
        except ValueError as error:
            raise UsageError(f"{named}: {error}") from None
        usual = each.default if parser is None else parsers.stated(each.default)
        table[each.name] = Flag(parser, texts.get(each.name, ""), usual)
    return table


def given(settings: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that are flags of some settings."""
    return {name: values[name] for name in of(settings) if name in values}


class Help(Exception):
    """A request for the help of a command: its description and its flags."""

    def __init__(self, doc: str, table: FlagTable) -> None:
        super().__init__(doc)
        self.doc, self.table = doc, table

    def text(self, called: str) -> str:
        """The help of a command that is called so."""
        lines = [self.doc.strip(), "", f"usage: {called} [flags]", ""]
        for name, (parser, text, usual) in self.table.items():
            if parser is None:
                shown = name if name.startswith("no_") else f"[no]{name}"
                lines += [f"  --{shown}", f"      {text} (default: {'yes' if usual else 'no'})"]
            else:
                default = "set by the experiment" if usual is None else usual
                lines += [f"  --{name}", f"      {text}", f"      takes {parser.syntactic_help} (default: {default})"]
        return "\n".join(lines)


class UsageError(Exception):
    """An invalid command line; the argument explains in one line what is wrong."""


@contextmanager
def blaming(name: str, value: Any) -> Iterator[None]:
    """Turns a ValueError into a UsageError that names a flag and its value."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"flag --{name}={value}: {error}") from None


def asks_help(arguments: Sequence[str]) -> bool:
    """Whether a command line requests help, regardless of its other arguments."""
    return any(argument.partition("=")[0] in ("--help", "-help", "-h", "--helpfull") for argument in arguments)


def read(table: FlagTable, arguments: Sequence[str]) -> dict[str, Any]:
    """Parses a command line; returns the value of each flag that is there; raises UsageError."""
    typed, stray = _parsed(table, arguments, known_only=False)
    if stray:
        raise UsageError(f"unexpected argument {stray[0]!r}: not a flag; values with spaces need quotes; see --help")
    return typed


def split(table: FlagTable, arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Parses the flags of a command line that are in the table; returns also the other arguments; raises UsageError."""
    return _parsed(table, arguments, known_only=True)


def expanded(arguments: Sequence[str]) -> list[str]:
    """Puts the lines of files in place of ``--flagfile``, as absl does, but bounded; raises UsageError.

    absl accepts any misspelled flag with ``--undefok``, which is refused.
    """
    left, expanded, read = deque(arguments), list[str](), 0
    while left and left[0] != "--":
        name, given, value = (argument := left.popleft()).partition("=")
        if name in ("--undefok", "-undefok"):
            raise UsageError("flag --undefok: is not taken; correct or remove unknown flags")
        if name not in ("--flagfile", "-flagfile"):
            expanded.append(argument)
            continue
        path = os.path.expanduser((value if given else left.popleft() if left else "").strip())
        if (read := read + 1) > MOST_FILES:
            raise UsageError(f"flag --flagfile={path}: there are more than {MOST_FILES} files; does one name itself?")
        if not path:
            raise UsageError("flag --flagfile: takes a file with one flag a line")
        try:
            lines = [line.strip() for line in content(path).decode("utf-8-sig").splitlines()]
        except OSError as error:
            raise UsageError(f"flag --flagfile={path}: {error.strerror}") from None
        except ValueError:
            raise UsageError(f"flag --flagfile={path}: is not text in UTF-8") from None
        left.extendleft(line for line in reversed(lines) if line and not line.startswith(("#", "//")))
    return [*expanded, *left]


def _parsed(table: FlagTable, arguments: Sequence[str], *, known_only: bool) -> tuple[dict[str, Any], list[str]]:
    values = flags.FlagValues()
    values.set_gnu_getopt(known_only)
    for name, each in table.items():
        if each.parser is None:
            flags.DEFINE_bool(name, None, each.text, flag_values=values)
            values[name].parser = parsers.Switch()
        elif getattr(each.parser, "many", False):
            flags.DEFINE_multi(each.parser, flags.ArgumentSerializer(), name, None, each.text, flag_values=values)
        else:
            flags.DEFINE(each.parser, name, None, each.text, flag_values=values)
    try:
        rest: list[str] = values(["", *expanded(arguments)], known_only=known_only)[1:]
    except flags.UnrecognizedFlagError as error:
        raise UsageError(f"{message(error)} (--help lists the flags)") from None
    except (flags.Error, ValueError) as error:
        raise UsageError(message(error)) from None
    typed = {name: values[name].value for name in table if values[name].present}
    return {name: tuple(each) if isinstance(each, list) else each for name, each in typed.items()}, rest
