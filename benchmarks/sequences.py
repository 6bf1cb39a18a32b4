"""Measures what lengths, weights, other losses and fresh examples cost a training of sequences.

Flip-flops of three bits, LSTMs of 64 units; every case is timed in every round. Writes sequences.json and sequences.md.
"""

import dataclasses
import statistics
from pathlib import Path
from typing import Any

from benchmarks import command, machine

POINTS, COUNT, UNITS, SEEDS = 50, 8, 64, 16
STEPS, ROUNDS = 1_000, 5
PLAIN = "a fixed set, mean squared error"


def tasks() -> dict[str, Any]:
    """The tasks by name, the one that all others are compared with first."""
    import jax.numpy as jnp

    import lstm_toys as lt

    bits = ("1", "2", "3")
    lengths, weights = jnp.full(COUNT, POINTS), jnp.ones((COUNT, POINTS))

    def pulses(key: Any, _: Any) -> Any:
        return lt.sequences.flip_flop(key, POINTS, COUNT)

    def zero_one(key: Any, _: Any) -> Any:
        made = pulses(key, _)
        return made._replace(targets=(made.targets + 1) / 2)

    def classes(key: Any, _: Any) -> Any:
        made = zero_one(key, _)
        return made._replace(targets=made.targets @ jnp.array([[1.0], [2.0], [4.0]]))

    plain = lt.Task(pulses, bits, bits, sequence=True)
    return {
        PLAIN: plain,
        "weights": dataclasses.replace(plain, examples=lambda key, _: pulses(key, _)._replace(weights=weights)),
        "lengths": dataclasses.replace(plain, examples=lambda key, _: pulses(key, _)._replace(lengths=lengths)),
        "fresh examples": dataclasses.replace(plain, fresh=True),
        "binary cross-entropy": dataclasses.replace(plain, examples=zero_one, loss="binary_cross_entropy"),
        "cross-entropy of eight classes": lt.Task(
            classes, bits, tuple("abcdefgh"), sequence=True, loss="cross_entropy"
        ),
    }


def measure(*, quick: bool) -> dict[str, list[float]]:
    """The member-steps a second of each task, one value a round."""
    import lstm_toys as lt
    from lstm_toys.populations.specification import specify
    from lstm_toys.populations.train import PopulationTraining

    lt.configure()
    steps, rounds = (20, 1) if quick else (STEPS, ROUNDS)
    rates: dict[str, list[float]] = {name: [] for name in tasks()}
    known = tasks()
    for number in range(rounds):
        for name, task in known.items():
            model = lt.Stack(len(task.output_features), (UNITS,), "dense")
            specified = specify(task, model, seeds=SEEDS, steps=steps, learning_rate=0.003, optimizer="adam")
            training = PopulationTraining(*specified)
            training.networks()
            rates[name].append(training.member_steps / training.seconds["train"])
        print(f"round {number + 1} of {rounds}", flush=True)
    return rates


def markdown(results: dict[str, Any]) -> str:
    """The results as a table."""
    rates = results["rates"]
    lines = ["# What sequences cost", ""]
    if results["quick"]:
        lines += ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    lines += [
        *machine.markdown(results["machine"]),
        "",
        f"{SEEDS} LSTMs of {UNITS} units with a dense readout, {COUNT} sequences of {POINTS} points a step, Adam.",
        "Rates are medians of interleaved rounds without compilation; *ratio* is the median over rounds of the rate",
        "divided by that of the first row, with the lowest and the highest.",
        "",
        "| | member-steps/s | ratio | lowest to highest |",
        "|---|--:|--:|--:|",
    ]
    for name, own in rates.items():
        ratios = [rate / plain for rate, plain in zip(own, rates[PLAIN], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        lines.append(f"| {name} | {statistics.median(own):,.0f} | {statistics.median(ratios):.2f} | {spread} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and writes."""
    flags = command.read(__doc__ or "", "benchmarks.sequences", "quick")
    described = machine.describe()
    results = {"quick": flags.quick, "machine": described, "rates": measure(quick=flags.quick)}
    command.write(Path(flags.output) / "sequences", results, markdown(results))


if __name__ == "__main__":
    main()
