"""The command line of the analyses: how many networks, and with which base seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers
from lstm_toys.studies.analysis.ask import ask

RESTART = "write the run again, even if it is finished; parts and trained networks are reused"


def plan(
    make: Callable[..., lt.Analysis], doc: str, arguments: Sequence[str], *, least: int = 6, **usual: int
) -> command.Plan:
    """Turns the command line of an analysis into a plan.

    ``usual`` are the defaults of the flags that ``make`` takes: ``seeds``, of at least ``least`` networks for each
    setting, and perhaps ``base_seed``.
    """
    own = {"seeds": (parsers.integer(least), "number of networks for each setting"), "restart": (None, RESTART)}
    table: flags.FlagTable = {**{name: flags.FLAGS[name] for name in usual}, **flags.ANALYSIS, **own}
    values = flags.read(make.__name__, doc, table, {**flags.DEFAULTS, **usual}, arguments)
    options = flags.options(values)
    return command.Plan([ask(make(*(values[name] for name in usual)), options.results_dir)], options)
