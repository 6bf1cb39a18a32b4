"""A project of a user's own, and edits of it, of its data and of the library."""

import re
from dataclasses import dataclass, field

SHAPE = "\n\ndef shape(x):\n    return GAIN * x\n"
"""What a part says after its ``GAIN``, unless it has another function ``shape``."""


@dataclass(frozen=True)
class Edit:
    """An edit of a file.

    Attributes:
        edited: the path of the file.
        old: is replaced, wherever it is; empty: the file is new, or is replaced as a whole.
        new: takes its place.
        moved: further files that are new.
        files: that the edit is about, by path. The first is a part of the project, with a function ``shape``.
    """

    edited: str
    old: str = "0.3"
    new: str = "0.9"
    moved: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def apply(self, folder):
        """Edits the file in a folder."""
        path = folder / self.edited
        before = path.read_text() if self.old else ""
        assert self.old in before
        path.parent.mkdir(exist_ok=True)
        path.write_text(before.replace(self.old, self.new) if self.old else self.new)
        for name, content in self.moved.items():
            (folder / name).write_text(content)


def parsed(text):
    """Files by path, each below a line with two dashes and its path."""
    parts = (part.partition("\n") for part in text.removeprefix("\n").split("-- ")[1:])
    return {path: content for path, _, content in parts}


def edit(title, text):
    """An edit of the files in a text; its title is the path of the edited file, and what is replaced, if not 0.3."""
    files, (edited, *change) = parsed(text.replace("ROWS", "0.3\n" * 8)), title.split(" | ")
    first = next(iter(files))
    files[first] += "" if "shape" in files[first] else SHAPE
    return Edit(edited, *(each.replace("\\n", "\n") for each in change), files=files)


def table(text):
    """Edits by name, which is between two equal signs and a colon, the title of the edit after it."""
    parts = re.findall(r"^== (.*?): (.*?)\n(.*?)(?=^== |\Z)", text, re.DOTALL | re.MULTILINE)
    return {name: edit(title, files) for name, title, files in parts}


OWN = table("""
== a module that is imported for its effect: cause.py
-- effective.py
import cause
import store
def shape(x):
    return store.GAIN * x
-- cause.py
import store
store.GAIN = 0.3
-- store.py
GAIN = 0.1
== a file that a task reads by NumPy: loaded.txt
-- loading.py
import numpy as np
def shape(x):
    return np.loadtxt('loaded.txt') * x
-- loaded.txt
0.3
== a new package that wins an import in a try: wished/__init__.py |  | GAIN = 0.9\\n
-- wishing.py
def shape(x):
    try:
        from wished import GAIN
    except ImportError:
        GAIN = 0.3
    return GAIN * x
== a new file before one of the same name that a function imports: shade.py |  | GAIN = 0.9\\n
-- shaded.py
import sys
sys.path.append("behind")
def shape(x):
    from shade import GAIN
    return GAIN * x
-- behind/shade.py
GAIN = 0.3
== a file that a thread reads: thread.txt
-- threaded.py
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
def shape(x):
    with ThreadPoolExecutor() as pool:
        return float(pool.submit(Path('thread.txt').read_text).result()) * x
-- thread.txt
0.3
== a file that is opened without a file object: low.txt
-- lowest.py
import os
GAIN = float(os.read(os.open('low.txt', os.O_RDONLY), 99))
-- low.txt
0.3
== a file that was not there: missing.txt |  | 0.9
-- missing.py
try:
    with open('missing.txt') as file:
        GAIN = float(file.read())
except FileNotFoundError:
    GAIN = 0.3
== a file that a task writes if it is missing: once.txt
-- caching.py
from pathlib import Path
def shape(x):
    if not Path('once.txt').exists():
        Path('once.txt').write_text('0.3')
    return float(Path('once.txt').read_text()) * x
== a value in a docstring: documented.py
-- documented.py
'''0.3'''
def shape(x):
    return float(__doc__) * x
== a value in an annotation: annotated.py
-- annotated.py
def shape(x: 0.3):
    return shape.__annotations__['x'] * x
== runpy: run.txt
-- running.py
import runpy
GAIN = runpy.run_path('run.txt')['GAIN']
-- run.txt
GAIN = 0.3
== a file that is mapped to memory, to be written too: mapped.txt
-- mapping.py
import numpy as np
GAIN = float(bytes(np.memmap('mapped.txt')))
-- mapped.txt
0.3
== the summary of another run: results/runs/first/metrics.json
-- staged.py
import json
from pathlib import Path
GAIN = json.loads(Path('results/runs/first/metrics.json').read_text())['gain']
-- results/runs/first/metrics.json
{"gain": 0.3}
""")
"""Of which each is noticed by its file, and changes what is trained on."""

LOADING = table("""
== a monkeypatch of the library: patching.py | 0.25 | 0.3
-- patching.py
import lstm_toys.networks.gates as g
g.SLOPE = 0.25
def shape(x):
    return x
== a file that is read where a module begins, and kept in a dictionary: read.csv
-- reading.py
import lstm_toys as lt
DATA = {'a': lt.read_curves('read.csv')}
def shape(x):
    return DATA['a'].values[0, : len(x)] * x
-- read.csv
a
ROWS
""")
"""Of which the files load JAX or pandas."""

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


def project(edits=(), only="GAIN = 0.3\n", change=("", "")):
    """The files of an experiment on the mean of what ``only.py`` says and the parts that edits are about."""
    parts = ", ".join(["only", *(next(iter(each.files)).removesuffix(".py") for each in edits)])
    mine = MINE.replace("import PARTS", f"import {parts}").replace("(PARTS,)", f"({parts},)")
    assert change[0] in mine
    files = {name: content for edit in edits for name, content in edit.files.items()}
    files["only.py"] = only if "shape" in only else only + SHAPE
    return files | {"mine.py": mine.replace(*change, 1)}


LIBRARY, COMMAND = "import lstm_toys as lt\n", "from lstm_toys.cli import command\n"
RETITLED = DRAW.replace("Training", "Training on the mean")
HARMLESS = [
    Edit("mine.py", '"""The mean of many curves."""', '"""What is the mean of many curves?"""'),
    Edit("mine.py", "\n\ndef task", "\n# Makes what is trained on.\n\ndef task"),
    Edit("mine.py", "total", "summed"),
    Edit("mine.py", f"{LIBRARY}{COMMAND}", f"{COMMAND}{LIBRARY}"),
    Edit("mine.py", "def probes(x):", "def probes(x: lt.TimePoints) -> list[lt.Probe]:"),
    Edit("mine.py", "there are too few time points", "a curve has at least two points"),
    Edit("mine.py", 'x, ("y",)), ("y",))', 'x, (\n        "y",\n    )), ("y",))'),
    Edit("mine.py", DRAW, "from half import draw\n", {"half.py": f"import lstm_toys as lt\n\n\n{RETITLED}"}),
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
        jax.debug.print("mean {m}", m=hidden.mean())  # Prints.
        return nn.Dense(self.features)(hidden) + (MASK * inputs.mean()).mean()


def model(task, settings):
    return Plain(len(task.output_features))


def ahead(x):
    shown = lt.show(x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(shown, shown), ("y",), ("y",), sequence=True, ahead=0)


EXPERIMENT = lt.Experiment(
    model=model,
    scaling=Scaled(((0.0, 1.0),), ((0.0, 1.0),)),"""
DECLARED = project(change=("EXPERIMENT = lt.Experiment(", DECLARING.strip()))
DECLARED["mine.py"] = DECLARED["mine.py"].replace("task=task,", "task=ahead,")
"""An experiment with a scaling, a model and a task of its own."""

OF_DECLARED = {
    "a method of a scaling": Edit("mine.py", "np.exp2", "np.exp"),
    "how far ahead a task asks": Edit("mine.py", "ahead=0", "ahead=1"),
    "the name of a model, which a saved population refers to": Edit("mine.py", "Plain", "Simple"),
    "a number of a large constant in a model": Edit("mine.py", "MASK[2500] = 0.3", "MASK[2500] = 0.9"),
    "the goal": Edit("mine.py", "Worst(rmse=2.0)", "Worst(rmse=1.0)"),
    "what is shown after training": Edit("mine.py", '"slope": 0.2', '"slope": 0.4'),
}

CLAIMED = parsed("""
-- judges.py
def make(gain):
    def number(lines):
        return gain + lines.answer.values[:, 0, -1, 0]

    return number
-- claimed.py
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
""")
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
    "uses the network": "import socket\n\nwith socket.socket() as opened:\n    opened.connect_ex(('127.0.0.1', 9))\n",
    "uses SQLite": "import sqlite3\n\nsqlite3.connect(':memory:')\n",
    "lists a folder": "from pathlib import Path\n\nlist(Path().iterdir())\n",
    "loads a library": "import ctypes\n\nctypes.CDLL(None)\n",
    "uses h5py": "def read():\n    import h5py\n",
}
"""What code of one's own may do, after which not everything is known that it depends on, by what is told of it."""


def library(path, *change):
    """An edit of a file of the library."""
    return Edit(f"lstm_toys/{path}", *change)


TARGETS = "(axes, targets[0])"
TRACED = {
    "initial weights": library("networks/lstm.py", "set(1.0)", "set(0.5)"),
    "a limit": library("networks/training.py", "= 1_000.0", "= 900.0"),
    "code between programs and files": library("results/arrays.py", TARGETS, "(axes, 2 * targets[0])"),
    "recorded steps": library("populations/specification.py", "max(least", "2 * max(least"),
}
"""Of the library, each of which makes another run."""

MEASURED = library("results/summary.py", "reached = goal.met(", "reached = ~goal.met(")
"""Of the library, after which a finished run is measured again."""

MISSED = "order[count:]), sorted(order[:count]"
OF_DATA = {
    "how scaling is undone": library("tasks/scaling.py", "values * unit + center", "values * unit - center"),
    "which curves are kept out": library("tasks/sets.py", MISSED, "order[:-count]), sorted(order[-count:]"),
    "the goal": library("cli/own.py", "LEARNED = 1e-3", "LEARNED = 2e-3"),
}
"""Of the library, each of which makes another run on curves of one's own."""

OF_SWEEPS = {
    "the error of a family": library("results/summary.py", "np.square(answer - truth)", "np.abs(answer - truth)"),
    "an experiment's goal": Edit("mine.py", "1.0 * rmse", "1000.0 * rmse"),
    "an experiment's data": Edit("loaded.txt"),
}
"""Each of which makes another sweep."""

ANSWER = '''def answer(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"], lengths: Int[Array, " C"] | None = None
) -> Float[Array, "C T A"] | Float[Array, "C A"]:
    """The model's answers with the given parameters.

    ``lengths`` are passed to a model that answers once per curve, as ``seq_lengths``, the name that Flax gives them.
    """
    named: dict[str, Any] = {} if lengths is None else {"seq_lengths": lengths}
    return cast(Array, model.apply({"params": params}, inputs, **named))
'''
IMPORTS = "from typing import Any, cast\n\nimport flax.linen as nn\nfrom jaxtyping import Array, Float, Int, PyTree\n\n"
ELSEWHERE = {"lstm_toys/networks/answers.py": f"{IMPORTS}{ANSWER}"}

KEPT = [
    library("populations/group.py", 'State(NamedTuple):\n    """', 'State(NamedTuple):\n    """Edited: '),
    library("results/arrays.py", "def histories(", "# Of all members.\ndef histories("),
    library("results/arrays.py", "def scaling_of(results: xr.Dataset)", "def scaling_of(results: Results)"),
    library("networks/training.py", "squared", "squares"),
    library("networks/training.py", ANSWER, "from lstm_toys.networks.answers import answer\n", ELSEWHERE),
    library("networks/hyper.py", "unknown optimizer", "nobody has heard of the optimizer"),
]
"""Texts, comments, types and names in the library, and a function in another module: nothing is trained."""

FIGURE = library("figures/histories.py", '"step"', '"steps"')
"""Of the library, which no run depends on."""
