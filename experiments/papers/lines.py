"""Command lines of the modules that print a table and keep nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys import output, tables
from lstm_toys.cli import flags, parsers
from lstm_toys.statistics.intervals import Estimate

RUN: flags.FlagTable = {"run": (parsers.path(), "the folder of the run")}


def read(
    name: str, doc: str, table: flags.FlagTable, defaults: Mapping[str, Any], arguments: Sequence[str]
) -> dict[str, Any]:
    """The values of the flags; prints help and exits 0 if it is requested, and exits 2 if the line is invalid."""
    try:
        if flags.asks_help(arguments):
            raise flags.Help(doc, table, {**defaults})
        return flags.read(name, doc, table, {**defaults}, arguments)
    except flags.Help as text:
        print(text)
        sys.exit(0)
    except flags.UsageError as error:
        output.complain(str(error))
        sys.exit(2)


def run_folder(values: Mapping[str, Any]) -> Path:
    """The value of the flag in `RUN`; exits 2 if there is no such folder."""
    folder = values["run"]
    if not isinstance(folder, Path) or not folder.is_dir():
        output.complain("flag --run: takes the folder of a finished run")
        sys.exit(2)
    return folder


def shown(estimate: Estimate) -> tuple[str, str]:
    """A number and its interval as cells of a table, with dashes where there are none."""
    value, low, high = (None if np.isnan(each) else each for each in estimate)
    return tables.number(value), tables.interval(low, high)


def print_medians(title: str, numbers: Mapping[str, jt.Float[np.ndarray, " S"]]) -> None:
    """Prints the median over networks of each number, with its 95 % bootstrap interval; NaN does not count."""
    rows = [(name, *shown(lt.median_bootstrap(each[~np.isnan(each)]))) for name, each in numbers.items()]
    output.console().print(tables.table(title, ["of each network", "median>", "95 %"], rows, **tables.PLAIN))
