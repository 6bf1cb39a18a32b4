"""Can recurrent networks count? Claims after five papers, tested on populations of networks.

Networks read strings such as a^n b^n, symbol by symbol, and say which symbols may come next. A string is accepted if
they name all legal symbols and no others at every time step. A network counts to n if it accepts every string up to n.
`counting.md` has the papers, what was read of them, and what differs here; the claims are in `counting.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import lstm_toys as lt

from ...post import claims
from . import languages
from .languages import TRAINED
from .populations import changed, fewer
from .recipes import recipes

EXPERIMENT = languages.experiment(
    "counting", "anbn", "Networks learn a^n b^n, with n up to 50.", most=TRAINED, hidden=10
)
CONTEXT = languages.experiment(
    "counting_context", "anbncn", "Networks learn a^n b^n c^n, with n up to 50.", most=TRAINED, hidden=10
)
DYCK = languages.experiment(
    "counting_dyck", "dyck1", "Networks learn balanced parentheses, up to 25 pairs.", most=25, hidden=1
)

LSTM = ["--optimizer=rmsprop", "--learning_rate=0.1"]
GRU = ["--cell=gru", "--optimizer=adam", "--learning_rate=0.01"]
POPULATIONS: dict[str, tuple[lt.Experiment, list[str]]] = {
    "lstm": (EXPERIMENT, LSTM),
    "lstm_hard": (EXPERIMENT, ["--gates=hard", *LSTM]),
    "lstm_3": (EXPERIMENT, ["--hidden=3", *LSTM]),
    "gru": (EXPERIMENT, GRU),
    "rnn": (EXPERIMENT, ["--cell=rnn", "--optimizer=rmsprop", "--learning_rate=0.003"]),
    "context_lstm": (CONTEXT, LSTM),
    "context_gru": (CONTEXT, GRU),
    "dyck": (DYCK, LSTM),
    "dyck_hard": (DYCK, ["--gates=hard", *LSTM]),
}
"""The networks, each with its best recipe among those in `tune`."""

SHOWN = {
    "lstm": "LSTMs of 10 units",
    "lstm_hard": "LSTMs with hard gates",
    "lstm_3": "LSTMs of 3 units",
    "gru": "GRUs",
    "rnn": "vanilla RNNs",
    "context_lstm": "LSTMs of 10 units",
    "context_gru": "GRUs",
}


def counts(
    id: str, population: str, statement: str, origin: str, *, against: str | None = None, **bound: Any
) -> lt.claims.Claim:
    """A claim about the n to which networks count: at least ``low``, at most ``high``, or above those of ``against``.

    A claim that networks do not count is one that they fail. A bound after Weiss et al. has a baseline: the same number
    under their acceptance.
    """
    most = languages.REACHES["anbncn" if population.startswith("context") else "anbn"][-1]
    strings = tuple(lt.claims.Source(population, probe) for probe in languages.POWERS)
    baseline = lt.claims.Baseline("accepted as in the code of Weiss et al.", languages.reached_loosely, strings)
    return lt.claims.Claim(
        id,
        statement,
        f"largest n up to which every string that is shown is accepted, at most {most}; trained up to {TRAINED}",
        languages.reached,
        strings,
        **bound,
        against=against,
        learned="low" in bound,
        fails="high" in bound,
        baselines=(baseline,) if bound and origin == "After Weiss et al. (2018)" else (),
        origin=origin,
    )


def balances(
    id: str, population: str, draw: str, statement: str, baselines: Mapping[str, str] = {}, **other: Any
) -> lt.claims.Claim:
    """A claim about the share of strings of Dyck-1 that networks accept; ``baselines`` are other strings."""
    fewest, most, _ = languages.DYCK[draw]
    share, strings = languages.share_right, (lt.claims.Source(population, languages.DRAWS[draw]),)
    statistic = f"share of strings of Dyck-1 that are accepted, of {fewest} to {most} pairs; trained up to 25"
    others = tuple(
        lt.claims.Baseline(what, share, (lt.claims.Source(population, languages.DRAWS[of]),))
        for what, of in baselines.items()
    )
    return lt.claims.Claim(id, statement, statistic, share, strings, baselines=others, **other)


FILE = Path(__file__).with_suffix(".toml")
SENTENCES = tuple(
    balances(id, **fields) if "draw" in fields else counts(id, **fields)
    for id, fields in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
)


def up_to_100(name: str, settings: lt.Settings) -> lt.Settings | None:
    """Training on a^n b^n with n up to 100."""
    return replace(settings, timesteps=201) if settings.experiment == EXPERIMENT.name and name != "lstm_3" else None


def forget_zero(_: str, settings: lt.Settings) -> lt.Settings:
    """LSTMs whose forget gates begin with a bias of 0; other cells, with which claims compare them, stay."""
    return settings if settings.cell != "lstm" else replace(settings, cell=f"{__package__}.networks:LSTMForgetZero")


def as_large(_: str, settings: lt.Settings) -> lt.Settings:
    """As many parameters as an LSTM of as many units has, instead of as many units."""
    if settings.cell == "lstm":
        return settings
    features = 4 if settings.experiment == CONTEXT.name else 3
    return replace(settings, hidden=claims.as_large(settings, features, features))


CLAIMS = lt.claims.Claims(
    title="can recurrent networks count",
    claims=SENTENCES,
    populations=POPULATIONS,
    about="the networks of these cells",
    data=(FILE,),
    controls={"untrained networks": changed(steps=0)},
    variants={
        "networks that learned": lt.claims.Variant(changed(), networks="learned"),
        "as many parameters": as_large,
        "forget bias 0": forget_zero,
        "trained up to 100": fewer(up_to_100),
    },
    recipes={
        name: recipes("counting", steps=3_000, units=None if name == "lstm_3" or "dyck" in name else 10)
        for name in POPULATIONS
    },
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
