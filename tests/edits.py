"""A project of a user's own, and edits of it, of its data and of the library."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edit:
    """An edit of a file.

    Attributes:
        edited: the path of the file.
        old: is replaced, wherever it is; empty: the file is new, or is replaced as a whole.
        new: takes its place.
        files: files of the project that the edit is about, by path. The first is a part, with a ``GAIN`` or a function
            ``shape``.
    """

    edited: str
    old: str = "0.3"
    new: str = "0.9"
    files: dict[str, str] = field(default_factory=dict)

    def apply(self, folder):
        """Edits the file in a folder."""
        path = folder / self.edited
        before = path.read_text() if self.old else ""
        assert self.old in before
        write(path, before.replace(self.old, self.new) if self.old else self.new)


def write(path, text):
    """Writes text to a file, in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


OWN = {
    "a module that is imported for its effect": Edit(
        "cause.py",
        files={
            "effective.py": "import cause\nfrom store import GAIN\n",
            "cause.py": "import store\n\nstore.GAIN = 0.3\n",
            "store.py": "GAIN = 0.1\n",
        },
    ),
    "a file that a module reads": Edit(
        "loaded.txt",
        files={"loading.py": "with open('loaded.txt') as file:\n    GAIN = float(file.read())\n", "loaded.txt": "0.3"},
    ),
}
"""Of which each changes what is trained on."""

SHAPE = "\n\ndef shape(x):\n    return GAIN * x\n"
PROBES = """def probes(x):
    return [lt.probe("line", "line", {"slope": 0.2, "intercept": 0.3}, x)]
"""
DRAW = """def draw(results, _):
    return {"loss.png": lt.figures.loss(results, "Training")}
"""
MINE = '''"""The mean of many curves."""

from __future__ import annotations

import lstm_toys as lt
from lstm_toys.cli import command
import PARTS

PARTS = (PARTS,)


def task(x: lt.TimePoints) -> lt.Task:
    if len(x) < 2:
        raise ValueError("there are too few time points")
    total = sum(part.shape(x) for part in PARTS)
    return lt.reproduce(lt.show(total[None] / len(PARTS), x, ("y",)))


PROBES

DRAW

EXPERIMENT = lt.Experiment(
    name="mine",
    doc=__doc__,
    defaults={"seeds": 1, "steps": 2, "timesteps": 8, "learning_rate": 0.1, "hidden": "none", "gates": "hard"},
    goal=lt.Goal(rmse=2.0),
    task=task,
    probes=probes,
    draw=draw,
)

if __name__ == "__main__":
    command.main(EXPERIMENT)
'''.replace("PROBES", PROBES).replace("DRAW", DRAW)


def project(edits=(), only="GAIN = 0.3\n", *changes):
    """The files of an experiment on the mean of what ``only.py`` says and the parts that edits are about."""
    names, files = ["only.py"], {"only.py": only}
    for edit in edits:
        names.append(next(iter(edit.files)))
        files |= edit.files
    files |= {name: files[name] + ("" if "shape" in files[name] else SHAPE) for name in names}
    parts = ", ".join(name.removesuffix(".py") for name in names)
    mine = MINE.replace("import PARTS", f"import {parts}").replace("(PARTS,)", f"({parts},)")
    for old, new in changes:
        assert old in mine
        mine = mine.replace(old, new)
    return files | {"mine.py": mine}


LIBRARY, COMMAND = "import lstm_toys as lt\n", "from lstm_toys.cli import command\n"
HALF = {"half.py": f"import lstm_toys as lt\n\n\n{DRAW}".replace("Training", "Training on the mean")}
HARMLESS = [
    Edit("mine.py", '"""The mean of many curves."""', '"""What is the mean of many curves?"""'),
    Edit("mine.py", "\n\ndef task", "\n# Makes what is trained on.\n\ndef task"),
    Edit("mine.py", "total", "summed"),
    Edit("mine.py", f"{LIBRARY}{COMMAND}", f"{COMMAND}{LIBRARY}"),
    Edit("mine.py", "def probes(x):", "def probes(x: lt.TimePoints) -> list[lt.Probe]:"),
    Edit("mine.py", "there are too few time points", "a curve has at least two points"),
    Edit("mine.py", 'x, ("y",)))', 'x, (\n        "y",\n    )))'),
    Edit("half.py", "", HALF["half.py"]),
    Edit("mine.py", DRAW, "from half import draw\n"),
]
"""Texts, comments, names, imports, types, the format, and a file in two, after all of which nothing is trained."""

DECLARING = """
import flax.linen as nn
import jax
import numpy as np

MASK = np.ones(5000, np.float32)
MASK[2500] = 0.3


class Plain(nn.Module):
    features: int

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.Dense(4)(inputs)
        return nn.Dense(self.features)(hidden) + (MASK * inputs.mean()).mean()


def ahead(x):
    shown = lt.show(x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(shown, shown), ("y",), ("y",), sequence=True, ahead=0)


EXPERIMENT = lt.Experiment(
    model=lambda task, settings: Plain(len(task.output_features)),
    scaling=lt.Scaling(((0.0, 1.0),), ((0.0, 1.0),)),"""
DECLARED = project((), "GAIN = 0.3\n", ("EXPERIMENT = lt.Experiment(", DECLARING), ("task=task,", "task=ahead,"))
"""An experiment with a scaling, a model and a task of its own."""

GOAL = Edit("mine.py", "Goal(rmse=2.0)", "Goal(rmse=1.0)")
OF_DECLARED = {
    "a last digit of a scaling": Edit("mine.py", "((0.0, 1.0),)),", "((1e-12, 1.0),)),"),
    "how far ahead a task asks": Edit("mine.py", "ahead=0", "ahead=1"),
    "the name of a model, which a saved population refers to": Edit("mine.py", "Plain", "Simple"),
    "a number of a large constant in a model": Edit("mine.py", "MASK[2500] = 0.3", "MASK[2500] = 0.9"),
    "the goal": GOAL,
    "what is shown after training": Edit("mine.py", '"slope": 0.2', '"slope": 0.4'),
}

DRAWN = """def draw(results, _):
    from late import title

    return {"loss.png": lt.figures.loss(results, title() + open("fig.txt").read())}
"""
LATE = {"late.py": "def title():\n    return 'One '\n", "fig.txt": "loss"}
OF_FIGURES = {
    "a module that drawing imports": Edit("late.py", "One", "Another"),
    "a file that drawing reads": Edit("fig.txt", "loss", "course of the loss"),
    "the library's figures": Edit("lstm_toys/figures/histories.py", 'xlabel="step"', 'xlabel="number of the step"'),
}
"""After which figures are other ones and nothing is trained."""

CLAIMED = {
    "judges.py": "def make(gain):\n    return lambda lines: gain + lines.answer.values[:, 0, -1, 0]\n",
    "claimed.py": """
import judges
from mine import EXPERIMENT

import lstm_toys as lt


def measured(lines):
    return lt.claims.per_curve(lines, lt.measures.rmse).mean(axis=1)


NUMBERS = {"closure": judges.make(0.3), "measured": measured}
LINES = (lt.claims.Source("mine", "line"),)
CLAIMS = lt.claims.Claims(
    title="what is claimed of lines",
    claims=tuple(lt.claims.Claim(id, id, "a number", number, LINES, high=0.6) for id, number in NUMBERS.items()),
    populations={"mine": (EXPERIMENT, [])},
)
""",
}
"""Claims about the experiment in ``mine.py``."""

OF_CLAIMS = {
    "a closure of another module": Edit("claimed.py", "make(0.3)", "make(0.9)"),
    "what it is made by": Edit("judges.py", "gain + lines", "gain - lines"),
    "a sentence": Edit("claimed.py", "id, id, ", "id, f'It is {id}', "),
}
"""After which claims are judged again and nothing is trained."""


def library(path, *change):
    """An edit of a file of the library."""
    return Edit(f"lstm_toys/{path}", *change)


MEASURE = library("statistics/errors.py", "library.square(answer - truth)", "library.abs(answer - truth)")
"""Of the library, after which every run is another one."""

MISSED = "order[count:]), sorted(order[:count]"
OF_DATA = {
    "which curves are kept out": Edit("experiments/curve_sets.py", MISSED, "order[:-count]), sorted(order[-count:]"),
    "the goal": Edit("experiments/own.py", "LEARNED = 1e-3", "LEARNED = 2e-3"),
}
"""Each of which makes another run on curves of one's own."""
