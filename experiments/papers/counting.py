"""Can recurrent networks count? Claims after five papers, tested on populations of networks.

Networks read strings such as a^n b^n, symbol by symbol, and say which symbols may come next. A string is accepted if
they name all legal symbols and no others at every time step. A network counts to n if it accepts every string up to n.

None of the papers was read in full, so no verdict is about a sentence of a paper. A claim that begins with "After" is
ours: it is about the paper's language, and about as many units as far as these are known, but networks are trained and
tested in another way. The papers, and what was read of them:

- Weiss, Goldberg and Yahav (2018, "On the Practical Computational Power of Finite Precision RNNs for Language
  Recognition", arXiv 1805.04908). The abstract and the authors' code (tech-srl/counting_dimensions) were read, not the
  paper. It proves that networks with a squashing activation cannot accept all n. The code has one trained network for
  each of LSTM and GRU and each of a^n b^n and a^n b^n c^n: one layer of 10 units, inputs embedded in 3 dimensions,
  trained to predict the next symbol on all n below 100, or below 50, one string per update, with Adam at 0.001, for
  1,000 to 2,000 passes. A string is accepted if each of its symbols, and its end, has a probability above 0.005;
  illegal symbols may be above it too, so this is much weaker than acceptance here. The LSTMs accept a^1000 b^1000 and
  a^60 b^60 c^60; the GRUs reject both. According to a reimplementation that quotes the paper, its networks were trained
  as classifiers, and the LSTM's n reached 256.
- Suzgun, Belinkov and Shieber (2018, "On Evaluating the Generalization of LSTM Models in Formal Languages", arXiv
  1811.01001). The abstract and the authors' code (suzgunmirac/lstm-eval) were read. The code trains LSTMs of one layer,
  by default of 3 units, also of 1, 2 and 36, on 1,000 strings with n from 1 to 50 (also 1 to 30, and 50 to 100), one
  string per update, with RMSprop at 0.01 and a mean squared error, for 150 passes, in 10 trials. Networks say which
  symbols may come next, as here, and are measured by the smallest n for which they are wrong.
- Suzgun, Gehrmann, Belinkov and Shieber (2019, "LSTM Networks Can Perform Dynamic Counting", arXiv 1906.03648). Only
  the abstract was read, and a summary that mentions one layer of fewer than ten units.
- El-Naggar, Madhyastha and Weyde (2022, "Exploring the Long-Term Generalization of Counting Behavior in RNNs", arXiv
  2211.16429). Only the abstract and a summary were read: networks of one unit on Dyck-1, several learning rates, the
  best of several networks by the loss on a validation set; they fail on strings that are much longer than in training,
  and their gates saturate too little, which suggested the claims about hard gates.
- Gers and Schmidhuber (2001, "LSTM Recurrent Networks Learn Simple Context-Free and Context-Sensitive Languages", IEEE
  Transactions on Neural Networks 12). Only the abstract was read. Their LSTMs had peephole connections, which the ones
  here do not have (this is from memory).

What differs here: networks of all cells are trained in the same way, on 8 new strings in each of 3,000 steps, with
cross-entropy of independent symbols, n up to 50 (up to 25 pairs of Dyck-1), Keras' initialization with a forget bias of
1, no decay of the learning rate, and no selection of the best network. The answer to the start of a^n b^n does not
count. After training, a^n b^n is shown for every n up to 100 and every fourth up to 256, so that no network can reach
more. Claims after Weiss et al. are about 2.56 times the largest n of the training, as 256 is after 100; a variant
trains up to n = 100, as their code does.

For each population the recipe is the best of two optimizers with four learning rates each, by the median loss of 8
networks of another base seed after as many steps (`python -m experiments.papers.tune --task counting`). The best rate
of LSTMs, 0.1, is the largest that was tried. Variants use the recipe of the population that they vary.

Verdicts are about most networks: "refuted" means fewer than half, not none. Theorems about what networks can express
are not judged. "Does not" means: not under these budgets, and networks that learned nothing meet such a claim too; the
variant "networks that learned" leaves them out. Comparisons of two populations say how often a network of one has a
larger number than one of the other, not by how much. Networks of ReLU units, which count in the theory as well, are not
tried.

Thresholds were chosen after a trial under another recipe (Adam at 0.01), and changed once more before these networks
were trained, after a reviewer had compared them with the papers' code: of 64 LSTMs of 10 units, 60 reached n = 50, 46
reached 100, and 5 reached 256; with hard gates 64, 63 and 39; of 48 GRUs 10 reached 50 and none 100; no vanilla RNN
reached 50; of 16 LSTMs of 3 units 9, 1 and 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import lstm_toys as lt
from lstm_toys.studies.claims.declaration import Change

from ..post.claims import parameters
from . import languages, numbers
from .populations import fewer, longer, tuned, untrained

EXPERIMENT = languages.experiment("counting", "anbn", "Networks learn a^n b^n, with n up to 50.", most=50, hidden=10)
CONTEXT = languages.experiment(
    "counting_context", "anbncn", "Networks learn a^n b^n c^n, with n up to 50.", most=50, hidden=10
)
DYCK = languages.experiment(
    "counting_dyck", "dyck1", "Networks learn balanced parentheses, up to 25 pairs.", most=25, hidden=1
)

RECIPES = {
    "lstm": ["--optimizer=rmsprop", "--learning_rate=0.1"],
    "lstm_hard": ["--optimizer=rmsprop", "--learning_rate=0.1"],
    "lstm_3": ["--optimizer=rmsprop", "--learning_rate=0.1"],
    "gru": ["--optimizer=adam", "--learning_rate=0.01"],
    "rnn": ["--optimizer=rmsprop", "--learning_rate=0.003"],
    "context_lstm": ["--optimizer=rmsprop", "--learning_rate=0.1"],
    "context_gru": ["--optimizer=adam", "--learning_rate=0.01"],
    "dyck": ["--optimizer=rmsprop", "--learning_rate=0.1"],
    "dyck_hard": ["--optimizer=rmsprop", "--learning_rate=0.1"],
}
"""The best recipe of each population among those in `tune`."""

POPULATIONS: Mapping[str, tuple[lt.Experiment, list[str]]] = {
    "lstm": (EXPERIMENT, []),
    "lstm_hard": (EXPERIMENT, ["--gates=hard"]),
    "lstm_3": (EXPERIMENT, ["--hidden=3"]),
    "gru": (EXPERIMENT, ["--cell=gru"]),
    "rnn": (EXPERIMENT, ["--cell=rnn"]),
    "context_lstm": (CONTEXT, []),
    "context_gru": (CONTEXT, ["--cell=gru"]),
    "dyck": (DYCK, []),
    "dyck_hard": (DYCK, ["--gates=hard"]),
}

SHOWN = {
    "lstm": "LSTMs",
    "lstm_hard": "LSTMs with hard gates",
    "lstm_3": "LSTMs of 3 units",
    "gru": "GRUs",
    "rnn": "vanilla RNNs",
    "context_lstm": "LSTMs",
    "context_gru": "GRUs",
}
"""The populations of the figure, in words."""

OPEN = """\
- Networks of ReLU units, which can count in theory, were not tried.
- GRUs and vanilla RNNs were tuned as LSTMs were, and learned less: most GRUs and all vanilla RNNs do not even count to
  the n = 50 that they were trained on, so it says little that they do not count further. Three times the steps, 32
  units, or as many parameters as LSTMs have do not change this (see the variants). Whether they count under recipes
  that are better for them is open.
- Long strings of Dyck-1 that are no deeper than those of the training are accepted, and deeper ones are not. How much
  of what El-Naggar et al. report for long strings is depth cannot be read off their abstract.
- No string is longer than n = 256, and above 100 only every fourth n is shown."""


def strings(population: str) -> tuple[lt.Source, ...]:
    """The strings a^n b^n, or a^n b^n c^n, up to the largest n."""
    return tuple(lt.Source(population, probe) for probe in languages.POWERS)


REACHED = "largest n up to which every string that is shown is accepted, at most "
ANBN, ANBNCN = (f"{REACHED}{languages.REACHES[language][-1]}; trained up to 50" for language in ("anbn", "anbncn"))
RIGHT = "share of strings of Dyck-1 that are accepted, of {}; trained up to 25"

WEISS = "After Weiss et al. (2018)"


def loosely(population: str) -> lt.Baseline:
    """The same number under the acceptance of Weiss et al."""
    return lt.Baseline("accepted as in the code of Weiss et al.", numbers.reached_loosely, strings(population))


SENTENCES = (
    lt.Claim(
        "lstm-counts",
        "From no paper, a precondition: most LSTMs count to the largest trained n",
        ANBN,
        numbers.reached,
        strings("lstm"),
        low=50,
        learned=True,
    ),
    lt.Claim(
        "lstm-counts-on",
        f"{WEISS}: most LSTMs count to 2.56 times the largest trained n",
        ANBN,
        numbers.reached,
        strings("lstm"),
        low=128,
        learned=True,
        baselines=(loosely("lstm"),),
    ),
    lt.Claim(
        "gru-does-not-count-on",
        f"{WEISS}: most GRUs do not count to 2.56 times the largest trained n",
        ANBN,
        numbers.reached,
        strings("gru"),
        high=127,
        fails=True,
        baselines=(loosely("gru"),),
    ),
    lt.Claim(
        "rnn-does-not-count-on",
        "From no paper: most vanilla RNNs do not count to 2.56 times the largest trained n",
        ANBN,
        numbers.reached,
        strings("rnn"),
        high=127,
        fails=True,
    ),
    lt.Claim(
        "lstm-beyond-gru",
        f"{WEISS}: an LSTM usually counts further than a GRU",
        ANBN,
        numbers.reached,
        strings("lstm"),
        against="gru",
    ),
    lt.Claim(
        "lstm-not-much-longer",
        "From no paper: most LSTMs of 10 units do not count to five times the largest trained n",
        ANBN,
        numbers.reached,
        strings("lstm"),
        high=255,
        fails=True,
    ),
    lt.Claim(
        "saturation-helps",
        "From no paper: LSTMs with hard gates, which saturate, usually count further than others",
        ANBN,
        numbers.reached,
        strings("lstm_hard"),
        against="lstm",
    ),
    lt.Claim(
        "hard-gates-much-longer",
        "From the trial: most LSTMs with hard gates count to five times the largest trained n",
        ANBN,
        numbers.reached,
        strings("lstm_hard"),
        low=256,
        learned=True,
    ),
    lt.Claim(
        "units-matter",
        "From no paper: an LSTM of 10 units usually counts further than one of 3 units",
        ANBN,
        numbers.reached,
        strings("lstm"),
        against="lstm_3",
    ),
    lt.Claim(
        "context-lstm",
        "After Gers and Schmidhuber (2001): most LSTMs count to the largest trained n in a^n b^n c^n",
        ANBNCN,
        numbers.reached,
        strings("context_lstm"),
        low=50,
        learned=True,
    ),
    lt.Claim(
        "context-lstm-on",
        f"{WEISS}: most LSTMs trained to n = 50 count to a^60 b^60 c^60",
        ANBNCN,
        numbers.reached,
        strings("context_lstm"),
        low=60,
        learned=True,
        baselines=(loosely("context_lstm"),),
    ),
    lt.Claim(
        "context-gru-does-not",
        f"{WEISS}: most GRUs trained to n = 50 do not count to a^60 b^60 c^60",
        ANBNCN,
        numbers.reached,
        strings("context_gru"),
        high=59,
        fails=True,
        baselines=(loosely("context_gru"),),
    ),
    lt.Claim(
        "context-beyond-gru",
        f"{WEISS}: an LSTM usually counts further in a^n b^n c^n than a GRU",
        ANBNCN,
        numbers.reached,
        strings("context_lstm"),
        against="context_gru",
    ),
    lt.Claim(
        "dyck-one-unit",
        "After Suzgun et al. (2019): most LSTMs of one unit accept Dyck-1 to twice the trained length",
        RIGHT.format("26 to 50 pairs"),
        numbers.share_right,
        (lt.Source("dyck", "double"),),
        low=0.95,
        learned=True,
        baselines=(
            lt.Baseline("strings as long as in training", numbers.share_right, (lt.Source("dyck", "as_trained"),)),
        ),
    ),
    lt.Claim(
        "dyck-not-much-longer",
        "After El-Naggar et al. (2022): LSTMs of one unit fail on Dyck-1 20 times as long as trained",
        RIGHT.format("475 to 500 pairs"),
        numbers.share_right,
        (lt.Source("dyck", "twenty_times"),),
        high=0.95,
        fails=True,
        baselines=(
            lt.Baseline("strings of 225 to 250 pairs", numbers.share_right, (lt.Source("dyck", "ten_times"),)),
            lt.Baseline("as long, but no deeper than in training", numbers.share_right, (lt.Source("dyck", "joined"),)),
        ),
    ),
    lt.Claim(
        "dyck-saturation-helps",
        "From no paper: with hard gates, an LSTM of one unit usually accepts more of these strings",
        RIGHT.format("475 to 500 pairs"),
        numbers.share_right,
        (lt.Source("dyck_hard", "twenty_times"),),
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
    return replace(settings, cell=f"{__package__}.cells:LSTMForgetZero")


def units(count: int) -> Change:
    """Networks of another number of units; claims about one unit, or three, are not judged by them."""

    def changed(name: str, settings: lt.Settings) -> lt.Settings | None:
        return None if name.startswith(("dyck", "lstm_3")) else replace(settings, hidden=(count,))

    return changed


def unchanged(_: str, settings: lt.Settings) -> lt.Settings:
    """The same networks."""
    return settings


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
    populations=tuned(POPULATIONS, RECIPES),
    about="the networks of these cells",
    controls={"untrained networks": untrained},
    variants={
        "networks that learned": lt.Variant(unchanged, networks="learned"),
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
