"""Command lines of the modules that print a table and keep nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from lstm_toys import output
from lstm_toys.cli import flags


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
