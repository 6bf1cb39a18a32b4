"""Flags: fields of settings and parameters of functions, which command lines set. Imports nothing heavy."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, get_type_hints

from absl import flags

from lstm_toys.command_error import CommandError
from lstm_toys.files import content
from lstm_toys.runs import parsers
from lstm_toys.text import did_you_mean, filled, message

MOST_FILES = 100
"""Most files of flags in a command line; a file that names itself would have no end."""


class Flag(NamedTuple):
    """A flag: its parser, its help, its default, `MISSING` without one, and words that help shows for the default."""

    parser: flags.ArgumentParser[Any]
    text: str = ""
    default: Any = MISSING
    words: str = ""

    @property
    def usual(self) -> str:
        """The default as it is typed, or what help says instead."""
        return self.words or ("set by the experiment" if self.default is MISSING else parsers.stated(self.default))


FlagTable = dict[str, Flag]
"""Flags by name."""


def of(*settings: type[Any]) -> FlagTable:
    """Returns the flags of classes of settings: their fields with a docstring, which is the help.

    Example:
        >>> from lstm_toys.runs import flags, identity
        >>> flags.read(flags.of(identity.Options), ["--figure_format=pdf"])
        {'figure_format': 'pdf'}
    """
    return {name: flag for kind in settings for name, flag in _of_fields(kind).items()}  # type: ignore[arg-type]


@cache
def _of_fields(settings: type[Any]) -> FlagTable:
    texts, hints = dict[str, str](), get_type_hints(settings, include_extras=True)
    for kind in settings.__mro__[-2::-1]:
        (tree,) = ast.parse(inspect.getsource(kind)).body
        for field, text in pairwise(getattr(tree, "body", ())):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                texts[ast.unparse(field.target)] = ast.literal_eval(text.value)
    return {name: _annotated(hints[name], text, getattr(settings, name, MISSING)) for name, text in texts.items()}


def of_function(function: Callable[..., Any]) -> FlagTable:
    """Returns the flags of a function: its parameters, whose annotations are parsed as `parsers.of` says.

    Their help is what the function's docstring says of them under Args. Every parameter needs a default.
    """
    section = re.search(r"^Args:\n((?:(?: {4}.*)?\n)*)", f"{inspect.getdoc(function)}\n", re.MULTILINE)
    items = re.split(r"^ {4}(\w+): ", section[1] if section else "", flags=re.MULTILINE)[1:]
    texts, table = dict(zip(items[::2], items[1::2], strict=True)), FlagTable()
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        prefix = f"{function.__name__}: the parameter {name}"
        if parameter.default is inspect.Parameter.empty:
            raise UsageError(f"{prefix} has no default, which a flag needs")
        try:
            table[name] = _annotated(parameter.annotation, texts.get(name, ""), parameter.default)
        except ValueError as error:
            raise UsageError(f"{prefix}: {error}") from None
    return table


def _annotated(annotation: Any, text: str, default: Any) -> Flag:
    """Makes a flag; text at the end of ``Annotated[...]`` is what help says in place of the default."""
    (words,) = getattr(annotation, "__metadata__", ())[1:] or ("",)
    return Flag(parsers.of(annotation), " ".join(text.split()).rstrip("."), default, words)


def select(settings: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that are flags of some settings."""
    return {name: values[name] for name in of(settings) if name in values}


WIDE_RANGE = re.compile(r" in the range \[(\S+), \S*(?:e\+|\d{6})[\d.]+\]")
"""A range of numbers that ends beyond a million."""


def _from(bounds: re.Match[str]) -> str:
    """Only the lower end of a wide range, if it has one."""
    low = bounds[1]
    return "" if low.startswith("-") else " above 0" if "e-" in low else f" from {low} up"


class Help(Exception):
    """A request for the help of a command; the arguments are its description and its flags."""

    def text(self, called: str) -> str:
        """The help of a command that is called so."""
        doc, table = self.args
        paragraphs = re.sub(r"(?<=\S)\n(?=[^\s-])", " ", doc.strip())
        lines = [*paragraphs.split("\n"), "", f"usage: {called} [flags]", ""]
        for name, flag in table.items():
            if isinstance(flag.parser, parsers.Switch):
                shown = name if name.startswith("no_") else f"[no]{name}"
                lines += [f"  --{shown}", f"      {flag.text} (default: {'yes' if flag.default else 'no'})"]
            else:
                takes = WIDE_RANGE.sub(_from, flag.parser.syntactic_help)
                lines += [f"  --{name}", f"      {flag.text}", f"      takes {takes} (default: {flag.usual})"]
        return "\n".join(map(filled, lines))


class UsageError(Exception, CommandError):
    """An invalid command line; the argument explains in one line what is wrong."""

    exit_code = 2


def asks_help(arguments: Sequence[str]) -> bool:
    """Whether a command line requests help, regardless of its other arguments."""
    return any(argument.partition("=")[0] in ("--help", "-help", "-h", "--helpfull") for argument in arguments)


def read(table: FlagTable, arguments: Sequence[str]) -> dict[str, Any]:
    """Parses a command line; returns the value of each flag that is there; raises UsageError."""
    typed, stray = split(table, arguments, known_only=False)
    if stray:
        raise UsageError(f"unexpected argument {stray[0]!r}: not a flag; values with spaces need quotes; see --help")
    return typed


def expanded(arguments: Sequence[str]) -> list[str]:
    """Puts the lines of files in place of ``--flagfile``, as absl does, but bounded; raises UsageError.

    absl accepts any misspelled flag with ``--undefok``, which is refused.
    """
    left, words, files = deque(arguments), list[str](), 0
    while left and left[0] != "--":
        name, equals, value = (argument := left.popleft()).partition("=")
        if name in ("--undefok", "-undefok"):
            raise UsageError("flag --undefok: is not taken; correct or remove unknown flags")
        if name not in ("--flagfile", "-flagfile"):
            words.append(argument)
            continue
        path = os.path.expanduser((value if equals else left.popleft() if left else "").strip())
        if (files := files + 1) > MOST_FILES:
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
    return [*words, *left]


def split(table: FlagTable, arguments: Sequence[str], *, known_only: bool = True) -> tuple[dict[str, Any], list[str]]:
    """Parses the flags of a command line that are in the table; returns also the other arguments; raises UsageError.

    ``known_only`` returns unknown flags with the other arguments, instead of refusing them.
    """
    values = flags.FlagValues()
    values.set_gnu_getopt(known_only)
    for name, (parser, text, *_) in table.items():
        kind = flags.MultiFlag if getattr(parser, "many", False) else flags.Flag
        switch = isinstance(parser, parsers.Switch)
        flags.DEFINE_flag(kind(parser, flags.ArgumentSerializer(), name, None, text, boolean=switch), values)
    try:
        rest: list[str] = values(["", *expanded(arguments)], known_only=known_only)[1:]
    except flags.UnrecognizedFlagError as error:
        hint = did_you_mean(error.flagname, table)
        raise UsageError(f"unknown flag --{error.flagname}; {f'{hint} ' * bool(hint)}--help lists the flags") from None
    except (flags.Error, ValueError) as error:
        raise UsageError(message(error)) from None
    typed = {name: values[name].value for name in table if values[name].present}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in typed.items()}, rest
