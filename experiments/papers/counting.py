"""Can recurrent networks count? Claims after five papers, tested on populations of networks.

Networks read strings such as a^n b^n, symbol by symbol, and say which symbols may come next. A string is accepted if
they name all legal symbols and no others at every time step. A network counts to n if it accepts every string up to n.
`counting.md` has the papers, what was read of them, and what differs here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import lstm_toys as lt
from lstm_toys.studies.claims.choices import Change

from ..post.claims import parameters
from . import languages
from .populations import changed, fewer, longer

MOST = 50
EXPERIMENT = languages.experiment("counting", "anbn", "Networks learn a^n b^n, with n up to 50.", most=MOST, hidden=10)
CONTEXT = languages.experiment(
    "counting_context", "anbncn", "Networks learn a^n b^n c^n, with n up to 50.", most=MOST, hidden=10
)
DYCK = languages.experiment(
    "counting_dyck", "dyck1", "Networks learn balanced parentheses, up to 25 pairs.", most=25, hidden=1
)

LSTM = ("--optimizer=rmsprop", "--learning_rate=0.1")

POPULATIONS: dict[str, tuple[lt.Experiment, list[str]]] = {
    "lstm": (EXPERIMENT, [*LSTM]),
    "lstm_hard": (EXPERIMENT, ["--gates=hard", *LSTM]),
    "lstm_3": (EXPERIMENT, ["--hidden=3", *LSTM]),
    "gru": (EXPERIMENT, ["--cell=gru", "--optimizer=adam", "--learning_rate=0.01"]),
    "rnn": (EXPERIMENT, ["--cell=rnn", "--optimizer=rmsprop", "--learning_rate=0.003"]),
    "context_lstm": (CONTEXT, [*LSTM]),
    "context_gru": (CONTEXT, ["--cell=gru", "--optimizer=adam", "--learning_rate=0.01"]),
    "dyck": (DYCK, [*LSTM]),
    "dyck_hard": (DYCK, ["--gates=hard", *LSTM]),
}
"""The networks, each with its best recipe among those in `tune`."""

SHOWN = {
    "lstm": "LSTMs",
    "lstm_hard": "LSTMs with hard gates",
    "lstm_3": "LSTMs of 3 units",
    "gru": "GRUs",
    "rnn": "vanilla RNNs",
    "context_lstm": "LSTMs",
    "context_gru": "GRUs",
}

WEISS = "After Weiss et al. (2018)"


def counts(id: str, population: str, quote: str, *, against: str | None = None, **bound: Any) -> lt.Claim:
    """A claim about the n to which networks count: at least ``low``, at most ``high``, or above those of ``against``.

    A claim that networks do not count is one that they fail. A bound after Weiss et al. has a baseline: the same number
    under their acceptance.
    """
    most = languages.REACHES["anbncn" if population.startswith("context") else "anbn"][-1]
    strings = tuple(lt.Source(population, probe) for probe in languages.POWERS)
    baseline = lt.Baseline("accepted as in the code of Weiss et al.", languages.reached_loosely, strings)
    return lt.Claim(
        id,
        quote,
        f"largest n up to which every string that is shown is accepted, at most {most}; trained up to {MOST}",
        languages.reached,
        strings,
        **bound,
        against=against,
        learned="low" in bound,
        fails="high" in bound,
        baselines=(baseline,) if bound and quote.startswith(WEISS) else (),
    )


def balances(
    id: str, population: str, probe: str, quote: str, baselines: Mapping[str, str] = {}, **other: Any
) -> lt.Claim:
    """A claim about the share of strings of Dyck-1 that networks accept; ``baselines`` are other strings."""
    fewest, most, _ = languages.DYCK[probe]

    def share(of: str) -> tuple[Any, tuple[lt.Source, ...]]:
        return languages.share_right, (lt.Source(population, of),)

    statistic = f"share of strings of Dyck-1 that are accepted, of {fewest} to {most} pairs; trained up to 25"
    others = tuple(lt.Baseline(what, *share(of)) for what, of in baselines.items())
    return lt.Claim(id, quote, statistic, *share(probe), baselines=others, **other)


SENTENCES = (
    counts("lstm-counts", "lstm", "From no paper, a precondition: most LSTMs count to the largest trained n", low=50),
    counts("lstm-counts-on", "lstm", f"{WEISS}: most LSTMs count to 2.56 times the largest trained n", low=128),
    counts(
        "gru-does-not-count-on", "gru", f"{WEISS}: most GRUs do not count to 2.56 times the largest trained n", high=127
    ),
    counts(
        "rnn-does-not-count-on",
        "rnn",
        "From no paper: most vanilla RNNs do not count to 2.56 times the largest trained n",
        high=127,
    ),
    counts("lstm-beyond-gru", "lstm", f"{WEISS}: an LSTM usually counts further than a GRU", against="gru"),
    counts(
        "lstm-not-much-longer",
        "lstm",
        "From no paper: most LSTMs of 10 units do not count to five times the largest trained n",
        high=255,
    ),
    counts(
        "saturation-helps",
        "lstm_hard",
        "From no paper: LSTMs with hard gates, which saturate, usually count further than others",
        against="lstm",
    ),
    counts(
        "hard-gates-much-longer",
        "lstm_hard",
        "From the trial: most LSTMs with hard gates count to five times the largest trained n",
        low=256,
    ),
    counts(
        "units-matter",
        "lstm",
        "From no paper: an LSTM of 10 units usually counts further than one of 3 units",
        against="lstm_3",
    ),
    counts(
        "context-lstm",
        "context_lstm",
        "After Gers and Schmidhuber (2001): most LSTMs count to the largest trained n in a^n b^n c^n",
        low=50,
    ),
    counts("context-lstm-on", "context_lstm", f"{WEISS}: most LSTMs trained to n = 50 count to a^60 b^60 c^60", low=60),
    counts(
        "context-gru-does-not",
        "context_gru",
        f"{WEISS}: most GRUs trained to n = 50 do not count to a^60 b^60 c^60",
        high=59,
    ),
    counts(
        "context-beyond-gru",
        "context_lstm",
        f"{WEISS}: an LSTM usually counts further in a^n b^n c^n than a GRU",
        against="context_gru",
    ),
    balances(
        "dyck-one-unit",
        "dyck",
        "double",
        "After Suzgun et al. (2019): most LSTMs of one unit accept Dyck-1 to twice the trained length",
        {"strings as long as in training": "as_trained"},
        low=0.95,
        learned=True,
    ),
    balances(
        "dyck-not-much-longer",
        "dyck",
        "twenty_times",
        "After El-Naggar et al. (2022): LSTMs of one unit fail on Dyck-1 20 times as long as trained",
        {"strings of 225 to 250 pairs": "ten_times", "as long, but no deeper than in training": "joined"},
        high=0.95,
        fails=True,
    ),
    balances(
        "dyck-saturation-helps",
        "dyck_hard",
        "twenty_times",
        "From no paper: with hard gates, an LSTM of one unit usually accepts more of these strings",
        against="dyck",
    ),
)


def up_to_100(name: str, settings: lt.Settings) -> lt.Settings | None:
    """Training on a^n b^n with n up to 100."""
    return replace(settings, timesteps=201) if settings.experiment == EXPERIMENT.name and name != "lstm_3" else None


def forget_zero(_: str, settings: lt.Settings) -> lt.Settings:
    """LSTMs whose forget gates begin with a bias of 0; other cells, with which claims compare them, stay."""
    if settings.cell != "lstm":
        return settings
    return replace(settings, cell=f"{__package__}.networks:LSTMForgetZero")


def units(count: int) -> Change:
    """Networks of another number of units; claims about one unit, or three, are not judged by them."""
    other = changed(hidden=(count,))
    return lambda name, settings: None if name.startswith(("dyck", "lstm_3")) else other(name, settings)


def as_large(_: str, settings: lt.Settings) -> lt.Settings:
    """As many parameters as an LSTM of as many units has, instead of as many units."""
    if settings.cell == "lstm":
        return settings
    features = 4 if settings.experiment == CONTEXT.name else 3

    def size(cell: str, width: int) -> int:
        return parameters(cell, (features, width)) + (width + 1) * features

    wanted = size("lstm", settings.hidden[0])
    best = min(range(1, 10 * settings.hidden[0]), key=lambda width: abs(size(settings.cell, width) - wanted))
    return replace(settings, hidden=(best,))


CLAIMS = lt.Claims(
    title="can recurrent networks count",
    claims=SENTENCES,
    populations=POPULATIONS,
    about="the networks of these cells",
    controls={"untrained networks": changed(steps=0)},
    variants={
        "networks that learned": lt.Variant(changed(), networks="learned"),
        "one unit": fewer(units(1)),
        "three units": fewer(units(3)),
        "32 units": fewer(units(32)),
        "as many parameters": as_large,
        "forget bias 0": forget_zero,
        "three times the steps": fewer(longer),
        "trained up to 100": fewer(up_to_100),
    },
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
