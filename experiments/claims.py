"""In how many networks are the conclusions of the post true?

Judges each claim of the post, which drew it from one network, by many: one number a network, the share of networks that
meet the claim, and a verdict. Beside it the post's own answers, models without an LSTM, networks that were not trained,
or on another sine, and with --variants networks of another readout and other budgets. Trains what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from experiments import amplitude, hill, hill_y, line, post, sine, slope_intercept
from experiments.commands import command, flags
from experiments.post.data import PUBLISHED
from lstm_toys import studies
from lstm_toys.runs import life
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.claims.settings import NETWORKS, ClaimSettings, Question, defined

EXPERIMENTS: dict[str, tuple[Experiment, list[str]]] = {
    "line": (line.EXPERIMENT, []),
    "hill": (hill.EXPERIMENT, []),
    "hill_one_layer": (hill.EXPERIMENT, ["--hidden=none"]),
    "hill_y": (hill_y.EXPERIMENT, []),
    "sine": (sine.EXPERIMENT, []),
    "amplitude": (amplitude.EXPERIMENT, []),
    "slope_intercept": (slope_intercept.EXPERIMENT, []),
}
"""The populations that the claims are about, by the names that `experiments.post.claims` has for them."""

CONTROLS = ("untrained networks", "networks trained on A = 0.6")
DENSE_RATE = 0.3
"""At the rate of 1 at which the readout of LSTM units learns the hill, every network with a dense one diverges."""

VARIANTS = ("dense readout", "a tenth of the steps", "ten times the steps")

FLAGS: flags.FlagTable = {
    **{name: flags.FLAGS[name] for name in ("seeds", "base_seed")},
    "variants": (None, "judge networks with a dense readout, and a tenth and ten times the steps, too; takes long"),
    **{name: flags.FLAGS[name] for name in ("results_dir", "publish", "replot")},
    "restart": (None, "judge again although it was done; runs of networks that are finished are used as they are"),
    **{name: flags.FLAGS[name] for name in ("quiet", "checkpoint_every", "compile_cache")},
}
DEFAULTS = {**{name: flags.DEFAULTS[name] for name in FLAGS if name in flags.DEFAULTS}, "seeds": 64}

Columns = dict[str, dict[str, Settings]]
"""By column, by population, the settings of a run."""


def columns(seeds: int, base_seed: int, variants: bool) -> Columns:
    """The runs that the claims are judged by.

    Args:
        seeds: number of networks of each.
        base_seed: of each.
        variants: whether there are columns for other readouts and budgets.
    """
    usual = {
        name: flags.parse(experiment, [f"--seeds={seeds}", f"--base_seed={base_seed}", *changes])[0]
        for name, (experiment, changes) in EXPERIMENTS.items()
    }
    every = {
        NETWORKS: usual,
        CONTROLS[0]: {"sine": replace(usual["sine"], steps=0)},
        CONTROLS[1]: {"sine": usual["sine"].given(amplitude=0.6)},
    }
    if variants:
        # A dense readout needs an LSTM layer below it: one layer is that of the networks of two, under the readout.
        dense = {
            name: replace(
                each, readout="dense", hidden=each.hidden or (32,), learning_rate=min(each.learning_rate, DENSE_RATE)
            )
            for name, each in usual.items()
        }
        fewer, more = (
            {name: replace(each, steps=int(each.steps * factor)) for name, each in usual.items()}
            for factor in (0.1, 10)
        )
        every |= dict(zip(VARIANTS, (dense, fewer, more), strict=True))
    return every


def plan(arguments: Sequence[str]) -> command.Plan:
    """What the command line asks for."""
    values = flags.read("claims", __doc__, FLAGS, DEFAULTS, arguments)
    options = flags.options(values)
    seeds, base_seed, variants = (values[name] for name in ("seeds", "base_seed", "variants"))
    needs = {
        (column, name): life.training(EXPERIMENTS[name][0], settings, options.results_dir)
        for column, populations in columns(seeds, base_seed, variants).items()
        for name, settings in populations.items()
    }
    made_by = (
        f"{seeds} networks of each experiment, base seed {base_seed}, made by `python -m experiments.claims --seeds "
        f"{seeds} --base_seed {base_seed}{' --variants' if variants else ''}`."
    )
    question = Question(
        "the claims of the post", made_by, lambda: post.claims.CLAIMS, lambda: post.evidence.published(), CONTROLS
    )
    runs = tuple((column, name, work.run.folder.name) for (column, name), work in needs.items())
    definition = defined(("experiments.post.claims:CLAIMS", "experiments.post.evidence:published"), [PUBLISHED])
    run = Run(ClaimSettings("claims", seeds, base_seed, variants, runs), options.results_dir, definition)
    return command.Plan([life.Work(run, studies.claims, question, needs=needs)], options)


if __name__ == "__main__":
    command.leave(plan)
