"""Edits of the library."""

from edits import Edit


def library(path, *change):
    """An edit of a file of the library."""
    return Edit({}, f"lstm_toys/{path}", *change)


SUM = "fori_loop(start, stop, lambda _, m: update(m, examples), member)"
CUT = "fori_loop(start, stop, lambda i, m: jax.lax.cond(i < 500, update, lambda n, _: n, m, examples), member)"
MISSED = "(answers - examples.targets))\n    values"
TARGETS = "targets[0])"

TRACED = {
    "initial weights": library("networks/lstm.py", "set(1.0)", "set(0.5)"),
    "WEIGHT_LIMIT": library("networks/training.py", "= 1_000.0", "= 900.0"),
    "absolute errors": library("networks/training.py", f"jnp.square{MISSED}", f"jnp.abs{MISSED}"),
    "epsilon of an optimizer": library("networks/optimizers.py", "eps=1e-7", "eps=1e-6"),
    "slope of hard gates": library("networks/gates.py", "SLOPE = 0.2", "SLOPE = 0.25"),
    "the first settled time point": library("networks/losses.py", "math.ceil(round(", "1 + math.ceil(round("),
    "what matters after step 500": library("networks/training.py", SUM, CUT),
    "what an optimizer takes": library("networks/hyper.py", '_keras": {"decay": 0.9}', '_keras": {"decay": 0.8}'),
    "code between programs and files": library("results/arrays.py", f"(axes, {TARGETS}", f"(axes, 2 * {TARGETS}"),
    "recorded steps": library("populations/specification.py", "max(least", "2 * max(least"),
}
"""Of the library, each of which makes another run."""

MEASURED = {"when a goal is met": library("results/summary.py", "reached = goal.met(", "reached = ~goal.met(")}
"""Of the library, after which a finished run is measured again."""

SWEPT = {
    "the error of a family": library("results/summary.py", "np.square(answer - truth)", "np.abs(answer - truth)"),
    "the error of a goal": library("tasks/goal.py", "np.sqrt(np.square(measures)", "np.sqrt(np.abs(measures)"),
}
"""Of the library, each of which makes another sweep."""

ANSWER = '''def answer(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"], lengths: Int[Array, " C"] | None = None
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers with the given parameters.

    ``lengths`` are passed to a model that answers once per curve, as ``seq_lengths``, the name that Flax gives them.
    """
    named: dict[str, Any] = {} if lengths is None else {"seq_lengths": lengths}
    return cast(Array, model.apply({"params": params}, inputs, **named))
'''
MOVED = f"""from typing import Any, cast

import flax.linen as nn
from jaxtyping import Array, Float, Int, PyTree

{ANSWER}"""

KEPT = {
    "docstrings and comments": library(
        "populations/group.py", 'State(NamedTuple):\n    """', 'State(NamedTuple):\n    """Edited: '
    ),
    "a comment in code between programs and files": library(
        "results/arrays.py", "def histories(", "# Of all members.\ndef histories("
    ),
    "a type in code between programs and files": library(
        "results/arrays.py", "def scaling_of(results: xr.Dataset)", "def scaling_of(results: Results)"
    ),
    "a local variable of a program": library("networks/training.py", "squared", "squares"),
    "a function in another module": library(
        "networks/training.py",
        ANSWER,
        "from lstm_toys.networks.answers import answer\n",
        {"lstm_toys/networks/answers.py": MOVED},
    ),
    "a message": library("networks/hyper.py", "unknown optimizer", "nobody has heard of the optimizer"),
}
"""Of the library, after which nothing is trained."""

OF_DATA = {
    "how much of their range is used": library("tasks/scaling.py", "REACH = 0.8", "REACH = 0.7"),
    "how scaling is undone": library("tasks/scaling.py", "values * unit + center", "values * unit - center"),
    "which curves are shown": library("tasks/sets.py", "in (self.trained, *self.others)]", "in (self.trained,)]"),
    "which curves are kept out": library(
        "tasks/sets.py", "order[count:]), sorted(order[:count]", "order[:-count]), sorted(order[-count:]"
    ),
    "the goal": library("cli/own.py", "LEARNED = 1e-3", "LEARNED = 2e-3"),
}
"""Of the library, each of which makes another run on curves of one's own."""
