"""Analyzes why trained networks answer as they do: fixed points, resonance, and models built from them.

Trains the population that the flags describe, if it is missing, and analyzes every network: where it settles under
constant inputs, how it answers small sines, how fast it forgets, and how much of its answers is explained by its
behavior at rest and near rest. With --keep_steps, also computes the leading mode after earlier training steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, modules, parsers
from lstm_toys.studies.dynamics.ask import INPUTS, DynamicsSettings, ask
from lstm_toys.tasks.planes import Axis

MOST_INPUTS, MOST_STARTS = 1_000, 1_000


def inputs() -> parsers.Parser[Axis]:
    """Parses the constant inputs: ``low:high:count``, or one number."""

    def convert(text: str) -> Axis:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        values = Axis("input", parsers.decimal(low), parsers.decimal(high), parsers.whole(count))
        if values.count > MOST_INPUTS or (values.count == 1) != (values.low == values.high):
            raise ValueError
        return values

    return parsers.Parser(convert, f"low:high:count, such as -1:2:41, or one number; at most {MOST_INPUTS:,}")


FLAGS: flags.FlagTable = {
    "task": (parsers.name(), "experiment whose networks are analyzed: {}, or your own module"),
    "inputs": (
        inputs(),
        f"constant inputs; by default {INPUTS}, over the range of all curves extended by a quarter at each end",
    ),
    "starts": (
        parsers.integer(2, MOST_STARTS),
        "number of initial states per network; half of them are states that the network visits",
    ),
    "weight_scale": (
        parsers.positive(),
        "factor by which all parameters are multiplied, to analyze untrained networks with larger or smaller weights",
    ),
}
"""Flags of this command, in addition to the flags of the experiment that trains the population."""

DEFAULTS = {"task": "sine", "inputs": "around the curves", "starts": "32", "weight_scale": "1"}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        experiment = modules.helped(arguments, "task", "EXPERIMENT", lt.Experiment, DEFAULTS["task"])
        table, defaults = modules.table_of(experiment)
        every = {**modules.offered(FLAGS, "task", "EXPERIMENT"), **table}
        raise flags.Help(__doc__, every, {**defaults, **DEFAULTS, "task": experiment.name})
    own, rest = flags.split(FLAGS, arguments)
    declared = modules.declared(own["task"] or DEFAULTS["task"], "EXPERIMENT", lt.Experiment, "task")
    experiment, rest, notes = modules.completed(declared, rest)
    trained, options = flags.parse(experiment, rest)
    starts = int(DEFAULTS["starts"]) if own["starts"] is None else own["starts"]
    scale = 1.0 if own["weight_scale"] is None else float(own["weight_scale"])
    settings = DynamicsSettings(f"dynamics_{experiment.name}", trained, own["inputs"], starts, scale)
    return command.Plan([ask(experiment, settings, options.results_dir)], options, notes=notes)
