"""What lengths, weights, other losses and fresh examples cost a training of sequences.

Flip-flops of three bits: 16 LSTMs of 64 units with a dense readout, 8 sequences of 50 points a step, Adam. Rates are
medians of interleaved rounds without compilation; *ratio* is the median over rounds of the rate divided by that of the
first row, with the lowest and the highest.
"""

import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import jax.numpy as jnp

import lstm_toys as lt
from benchmarks import command, timing
from lstm_toys.populations.programs import specify
from lstm_toys.populations.train import PopulationTraining

POINTS, COUNT, UNITS, SEEDS = 50, 8, 64, 16
PLAIN = "a fixed set, mean squared error"


def tasks() -> dict[str, lt.Task]:
    """The tasks by name, the one that all others are compared with first."""
    bits = ("1", "2", "3")
    lengths, weights = jnp.full(COUNT, POINTS), jnp.ones((COUNT, POINTS))

    def pulses(key: Any, _: Any) -> lt.Examples:
        return lt.sequences.flip_flop(key, POINTS, COUNT)

    def zero_one(key: Any, _: Any) -> lt.Examples:
        made = pulses(key, _)
        return made._replace(targets=(made.targets + 1) / 2)

    def classes(key: Any, _: Any) -> lt.Examples:
        made = zero_one(key, _)
        return made._replace(targets=made.targets @ jnp.array([[1.0], [2.0], [4.0]]))

    plain = lt.Task(pulses, bits, bits, sequence=True)
    return {
        PLAIN: plain,
        "weights": replace(plain, examples=lambda key, _: pulses(key, _)._replace(weights=weights)),
        "lengths": replace(plain, examples=lambda key, _: pulses(key, _)._replace(lengths=lengths)),
        "fresh examples": replace(plain, fresh=True),
        "binary cross-entropy": replace(plain, examples=zero_one, loss="binary_cross_entropy"),
        "cross-entropy of eight classes": lt.Task(classes, bits, (*"abcdefgh",), sequence=True, loss="cross_entropy"),
    }


def measure(*, quick: bool) -> command.Results:
    """The member-steps a second of each task, one value a round."""
    lt.configure()
    steps, rounds = (20, 1) if quick else (1_000, 5)

    def rate(task: lt.Task) -> float:
        model = lt.Stack(len(task.output_features), (UNITS,), "dense")
        specified = specify(task, model, seeds=SEEDS, steps=steps, learning_rate=0.003, optimizer="adam")
        training = PopulationTraining(*specified)
        training.networks()
        return training.member_steps / training.seconds["train"]

    return {"rates": timing.rounds({name: partial(rate, task) for name, task in tasks().items()}, rounds)}


def report(results: command.Results) -> Iterator[str]:
    """The results as a table."""
    rates = results["rates"]
    ratios = {name: timing.ratios(own, rates[PLAIN]) for name, own in rates.items()}
    rows = ((name, f"{statistics.median(own):,.0f}", *timing.ranged(ratios[name])) for name, own in rates.items())
    yield from command.table("| member-steps/s> | ratio> | lowest to highest>", rows)


if __name__ == "__main__":
    command.carry_out("sequences", __doc__, measure, report, "quick")
