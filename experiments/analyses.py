"""The command line of the analyses: how many networks, and with which base seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.runs import command_line, flags, parsers


def plan(
    make: Callable[..., lt.Analysis], doc: str, least: int, usual: dict[str, int], arguments: Sequence[str]
) -> command.Plan:
    """Turns the command line of an analysis into a plan.

    ``usual`` are the defaults of the flags that ``make`` takes: ``seeds``, of at least ``least`` networks for each
    setting, and perhaps ``base_seed``.
    """
    own = {name: command_line.FLAGS[name]._replace(usual=value) for name, value in usual.items()}
    own["seeds"] = flags.Flag(parsers.integer(least), "number of networks for each setting", usual["seeds"])
    return command.of_analysis(make, doc, own, arguments)
