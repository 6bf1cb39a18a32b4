"""The command line of the analyses: how many networks, and with which base seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.runs import flags, parsers, trainings
from lstm_toys.runs.context import Options


def plan(
    make: Callable[..., lt.Analysis], doc: str, least: int, usual: dict[str, int], arguments: Sequence[str]
) -> command.Plan:
    """Turns the command line of an analysis into a plan.

    ``usual`` are the defaults of the flags that ``make`` takes: ``seeds``, of at least ``least`` networks for each
    setting, and perhaps ``base_seed``.
    """
    own = {name: trainings.FLAGS[name]._replace(usual=value) for name, value in usual.items()}
    own["seeds"] = flags.Flag(parsers.integer(least), "number of networks for each setting", usual["seeds"])
    table = own | flags.of(Options)
    if flags.asks_help(arguments):
        raise flags.Help(doc, table)
    typed = {**usual, **flags.read(table, arguments)}
    options = Options(**flags.given(Options, typed))
    return command.of_analysis(lambda: make(*(typed[name] for name in usual)), options)
