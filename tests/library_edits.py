"""Edits of the library."""

from edits import Edit

TRACED = {
    "initial weights": Edit({}, "lstm_toys/networks/lstm.py", "set(1.0)", "set(0.5)"),
    "WEIGHT_LIMIT": Edit({}, "lstm_toys/networks/training.py", "= 1_000.0", "= 900.0"),
    "absolute errors": Edit(
        {},
        "lstm_toys/networks/training.py",
        "jnp.square(_missed(answers, examples.targets)))",
        "jnp.abs(_missed(answers, examples.targets)))",
    ),
    "epsilon of an optimizer": Edit({}, "lstm_toys/networks/optimizers.py", "eps=1e-7", "eps=1e-6"),
    "slope of hard gates": Edit({}, "lstm_toys/networks/gates.py", "SLOPE = 0.2", "SLOPE = 0.25"),
    "the first settled time point": Edit(
        {}, "lstm_toys/networks/training.py", "math.ceil(round(", "1 + math.ceil(round("
    ),
    "what matters after step 500": Edit(
        {},
        "lstm_toys/networks/training.py",
        "fori_loop(start, stop, lambda _, m: take(m, examples), member)",
        "fori_loop(start, stop, lambda i, m: jax.lax.cond(i < 500, take, lambda n, _: n, m, examples), member)",
    ),
    "what an optimizer takes": Edit(
        {}, "lstm_toys/networks/hyper.py", '"rmsprop_keras": {"decay": 0.9}', '"rmsprop_keras": {"decay": 0.8}'
    ),
    "code between programs and files": Edit(
        {}, "lstm_toys/results/arrays.py", "np.asarray(examples.targets[0])", "2 * np.asarray(examples.targets[0])"
    ),
    "recorded steps": Edit({}, "lstm_toys/populations/train.py", "max(least", "2 * max(least"),
}
"""Of the library, each of which makes another run."""

MEASURED = {
    "when a goal is met": Edit({}, "lstm_toys/results/summary.py", "<= goal.rmse", ">= goal.rmse"),
}
"""Of the library, after which a finished run is measured again."""

SWEPT = {
    "the error of a family": Edit(
        {}, "lstm_toys/results/summary.py", "np.square(answer - truth)", "np.abs(answer - truth)"
    ),
    "the error of a goal": Edit({}, "lstm_toys/tasks/goal.py", "np.sqrt(np.square(rmse)", "np.sqrt(np.abs(rmse)"),
}
"""Of the library, each of which makes another sweep."""

ANSWER = '''def answer(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"]
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers with the given parameters."""
    return cast(Array, model.apply({"params": params}, inputs))
'''
IMPORTS = """from typing import cast

import flax.linen as nn
from jaxtyping import Array, Float, PyTree

"""

KEPT = {
    "docstrings and comments": Edit(
        {}, "lstm_toys/populations/course.py", '"""Takes down a record', '"""Writes down a record'
    ),
    "a comment in code between programs and files": Edit(
        {}, "lstm_toys/results/arrays.py", "def histories(", "# Of all members.\ndef histories("
    ),
    "a type in code between programs and files": Edit(
        {}, "lstm_toys/results/arrays.py", "def scaling_of(results: xr.Dataset)", "def scaling_of(results: Results)"
    ),
    "a local variable of a program": Edit({}, "lstm_toys/networks/training.py", "squared", "squares"),
    "a function in another module": Edit(
        {},
        "lstm_toys/networks/training.py",
        ANSWER,
        "from lstm_toys.networks.answers import answer\n",
        {"lstm_toys/networks/answers.py": f"{IMPORTS}\n{ANSWER}"},
    ),
    "a message": Edit({}, "lstm_toys/networks/hyper.py", "there is no optimizer", "nobody has heard of an optimizer"),
}
"""Of the library, after which nothing is trained."""

OF_DATA = {
    "how much of their range is used": Edit({}, "lstm_toys/tasks/scaling.py", "REACH = 0.8", "REACH = 0.7"),
    "how scaling is undone": Edit({}, "lstm_toys/tasks/scaling.py", "values * unit + center", "values * unit - center"),
    "which curves are shown": Edit(
        {}, "lstm_toys/tasks/sets.py", "for each in (self.trained, *self.others)]", "for each in (self.trained,)]"
    ),
    "which curves are kept out": Edit(
        {}, "lstm_toys/tasks/sets.py", "order[count:]), sorted(order[:count]", "order[:-count]), sorted(order[-count:]"
    ),
    "the goal": Edit({}, "experiments/own.py", "LEARNED = 1e-3", "LEARNED = 2e-3"),
}
"""Of the library, each of which makes another run on curves of one's own."""
