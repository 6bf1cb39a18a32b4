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
        path.parent.mkdir(exist_ok=True)
        path.write_text(before.replace(self.old, self.new) if self.old else self.new)


def shaping(value):
    """A part whose function looks up a number when it is called."""
    return f"from pathlib import Path\n\n\ndef shape(x):\n{value} * x\n"


OWN = {
    "a module that is imported for its effect": Edit(
        "cause.py",
        files={
            "effective.py": "import cause\nfrom store import GAIN\n",
            "cause.py": "import store\n\nstore.GAIN = 0.3\n",
            "store.py": "GAIN = 0.1\n",
        },
    ),
    "a file that a task reads": Edit(
        "loaded.txt",
        files={"loading.py": shaping("    return float(Path('loaded.txt').read_text())"), "loaded.txt": "0.3"},
    ),
    "a new package that wins an import in a try": Edit(
        "wished/__init__.py",
        "",
        "GAIN = 0.9\n",
        {"wishing.py": "try:\n    from wished import GAIN\nexcept ImportError:\n    GAIN = 0.3\n"},
    ),
    "a file that was not there": Edit(
        "missing.txt",
        "",
        "0.9",
        {"missing.py": "try:\n    GAIN = float(open('missing.txt').read())\nexcept OSError:\n    GAIN = 0.3\n"},
    ),
    "a file that a task writes if it is missing": Edit(
        "once.txt",
        files={
            "once.py": shaping(
                "    if not Path('once.txt').exists():\n        Path('once.txt').write_text('0.3')\n"
                "    return float(Path('once.txt').read_text())"
            )
        },
    ),
    "a script": Edit(
        "run.txt",
        files={"running.py": "import runpy\n\nGAIN = runpy.run_path('run.txt')['GAIN']\n", "run.txt": "GAIN=0.3"},
    ),
    "a value in a docstring": Edit("documented.py", files={"documented.py": "'''0.3'''\n\nGAIN = float(__doc__)\n"}),
    "the summary of another run": Edit(
        "results/runs/first/metrics.json",
        files={
            "staged.py": "import json\n\nGAIN = json.load(open('results/runs/first/metrics.json'))['gain']\n",
            "results/runs/first/metrics.json": '{"gain": 0.3}',
        },
    ),
}
"""Of which each is noticed by its file, and changes what is trained on."""

LOADING = {
    "a monkeypatch of the library": Edit(
        "patching.py",
        "0.25",
        "0.3",
        {"patching.py": "import lstm_toys.networks.layer as layer\n\nlayer.SLOPE = 0.25\nGAIN = 0.3\n"},
    ),
    "curves in a dictionary": Edit(
        "read.csv",
        files={
            "reading.py": "import lstm_toys as lt\n\nDATA = {'a': lt.read_curves('read.csv')}\n\n\n"
            "def shape(x):\n    return DATA['a'].values[0, : len(x)] * x\n",
            "read.csv": "a\n" + "0.3\n" * 8,
        },
    ),
}
"""Of which the files load the library."""

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


class Worst(lt.Goal):
    def error(self, rmse, asked):
        return 1.0 * rmse.max(axis=-1)


def task(x: lt.TimePoints) -> lt.Task:
    if len(x) < 2:
        raise ValueError("there are too few time points")
    total = sum(part.shape(x) for part in PARTS)
    return lt.reproduce_curves(lt.show(total[None] / len(PARTS), x, ("y",)), ("y",))


PROBES

DRAW

EXPERIMENT = lt.Experiment(
    name="mine",
    doc=__doc__,
    defaults={"seeds": 1, "steps": 2, "timesteps": 8, "learning_rate": 0.1, "hidden": "none", "gates": "hard"},
    goal=Worst(rmse=2.0),
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
    Edit("mine.py", 'x, ("y",)), ("y",))', 'x, (\n        "y",\n    )), ("y",))'),
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


class Scaled(lt.Scaling):
    def undone(self, values, *, outputs=True):
        return np.exp2(super().undone(values, outputs=outputs))


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
    scaling=Scaled(((0.0, 1.0),), ((0.0, 1.0),)),"""
DECLARED = project((), "GAIN = 0.3\n", ("EXPERIMENT = lt.Experiment(", DECLARING), ("task=task,", "task=ahead,"))
"""An experiment with a scaling, a model and a task of its own."""

OF_DECLARED = {
    "a method of a scaling": Edit("mine.py", "np.exp2", "np.exp"),
    "how far ahead a task asks": Edit("mine.py", "ahead=0", "ahead=1"),
    "the name of a model, which a saved population refers to": Edit("mine.py", "Plain", "Simple"),
    "a number of a large constant in a model": Edit("mine.py", "MASK[2500] = 0.3", "MASK[2500] = 0.9"),
    "the goal": Edit("mine.py", "Worst(rmse=2.0)", "Worst(rmse=1.0)"),
    "what is shown after training": Edit("mine.py", '"slope": 0.2', '"slope": 0.4'),
}

CLAIMED = {
    "judges.py": "def make(gain):\n    return lambda lines: gain + lines.answer.values[:, 0, -1, 0]\n",
    "claimed.py": """
import judges
from mine import EXPERIMENT

import lstm_toys as lt


def measured(lines):
    return lt.per_curve(lines, lt.measures.rmse).mean(axis=1)


NUMBERS = {"closure": judges.make(0.3), "measured": measured}
LINES = (lt.Source("mine", "line"),)
CLAIMS = lt.Claims(
    title="what is claimed of lines",
    claims=tuple(lt.Claim(id, id, "a number", number, LINES, high=0.6) for id, number in NUMBERS.items()),
    populations={"mine": (EXPERIMENT, [])},
)
""",
}
"""Claims about the experiment in ``mine.py``."""

OF_CLAIMS = {
    "a closure of another module": Edit("claimed.py", "make(0.3)", "make(0.9)"),
    "what it is made by": Edit("judges.py", "gain + lines", "gain - lines"),
    "a sentence": Edit("claimed.py", "id, id, ", "id, f'It is {id}', "),
    "a measure": Edit("lstm_toys/statistics/measures.py", "jnp.square(answer - shown)", "jnp.abs(answer - shown)"),
}
"""After which claims are judged again and nothing is trained."""

UNSEEN = {
    "starts a process": "import subprocess\n\nsubprocess.run(['true'])\n",
    "lists a folder": "from pathlib import Path\n\nlist(Path().iterdir())\n",
}
"""What code of one's own may do, after which not everything is known that it depends on, by what is told of it."""


def library(path, *change):
    """An edit of a file of the library."""
    return Edit(f"lstm_toys/{path}", *change)


TRACED = {
    "initial weights": library("networks/lstm.py", "set(1.0)", "set(0.5)"),
    "a limit": library("networks/training.py", "= 1_000.0", "= 900.0"),
    "code between programs and files": library("results/arrays.py", "(axes, targets[0])", "(axes, 2 * targets[0])"),
    "recorded steps": library("populations/specification.py", "max(least", "2 * max(least"),
    "what measures a run": library("results/summary.py", "reached = goal.met(", "reached = ~goal.met("),
}
"""Of the library, each of which makes another run."""

MISSED = "order[count:]), sorted(order[:count]"
OF_DATA = {
    "how scaling is undone": library("tasks/sets.py", "values * unit + center", "values * unit - center"),
    "which curves are kept out": library("tasks/sets.py", MISSED, "order[:-count]), sorted(order[-count:]"),
    "the goal": Edit("experiments/own.py", "LEARNED = 1e-3", "LEARNED = 2e-3"),
}
"""Of the library, each of which makes another run on curves of one's own."""

OF_SWEEPS = {
    "the error of a family": library("results/summary.py", "np.square(answer - truth)", "np.abs(answer - truth)"),
    "an experiment's goal": Edit("mine.py", "1.0 * rmse", "1000.0 * rmse"),
    "an experiment's data": Edit("read.csv"),
}
"""Each of which makes another sweep."""

KEPT = [
    library("populations/group.py", 'State(NamedTuple):\n    """', 'State(NamedTuple):\n    """Edited: '),
    library("results/arrays.py", "def histories(", "# Of all members.\ndef histories("),
    library("results/arrays.py", "def scaling_of(results: xr.Dataset)", "def scaling_of(results: Results)"),
    library("networks/training.py", "an axis for seeds", "axes for seeds"),
]
"""Docstrings, comments and types in the library, after all of which nothing is trained."""

FIGURE = library("figures/style.py", "FRAMES_A_SECOND = 4", "FRAMES_A_SECOND = 5")
"""Of the library, after which figures are drawn again."""
