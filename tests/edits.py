"""Edits of user-defined code and data, and of the library, and what is edited."""

import re
from dataclasses import dataclass, field

SHAPE = "\n\ndef shape(x):\n    return GAIN * x\n"
"""What a module of a case says after its ``GAIN``, unless it has another function ``shape``."""


@dataclass(frozen=True)
class Edit:
    """An edit of a file.

    Attributes:
        files: that a case has to itself, their content by path. The first is a module with a function ``shape``.
        edited: the path of the file that is edited, or is new.
        old: is replaced, wherever it is; empty: the file is new, or is replaced as a whole.
        new: takes its place.
        moved: further files that are new, or replaced.
    """

    files: dict[str, str]
    edited: str
    old: str = "0.3"
    new: str = "0.9"
    moved: dict[str, str] = field(default_factory=dict)

    def apply(self, folder):
        """Edits the file in a folder."""
        path = folder / self.edited
        before = path.read_text() if self.old else ""
        assert self.old in before
        path.parent.mkdir(exist_ok=True)
        path.write_text(before.replace(self.old, self.new) if self.old else self.new)
        for name, content in self.moved.items():
            (folder / name).write_text(content)


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
{imports}
PARTS = ({parts})


def task(x: lt.TimePoints) -> lt.Task:
    if len(x) < 2:
        raise ValueError("there are too few time points")
    total = sum(part.shape(x) for part in PARTS)
    return lt.reproduce_curves(lt.show(total[None] / len(PARTS), x, ("y",)), ("y",))


{probes}

{draw}

EXPERIMENT = lt.Experiment(
    name="mine",
    doc=__doc__,
    defaults={{"seeds": 1, "steps": 2, "timesteps": 8, "learning_rate": 0.1, "hidden": "none", "gates": "hard"}},
    goal=lt.Goal(rmse=0.03),
    task=task,
    probes=probes,
    draw=draw,
)

if __name__ == "__main__":
    command.main(EXPERIMENT)
'''
"""An experiment on the mean of what the modules of some edits say."""


def project(edits=(), alone="shape = lambda x: 0.3 * x\n"):
    """The files of an experiment on the mean of the curves of edits."""
    files = {name: content for edit in edits for name, content in edit.files.items()}
    modules = [next(iter(edit.files)).removesuffix(".py") for edit in edits if edit.files]
    if not modules:
        files["only.py"], modules = alone, ["only"]
    imports = "".join(f"import {name}\n" for name in modules)
    return {
        **files,
        "mine.py": MINE.format(
            imports=imports, parts="".join(f"{name}, " for name in modules), probes=PROBES, draw=DRAW
        ),
    }


def parsed(text):
    """Files by path, each below a line with two dashes and its path."""
    parts = (part.partition("\n") for part in text.removeprefix("\n").split("-- ")[1:])
    return {path: content for path, _, content in parts}


def edit(title, text):
    """An edit of the files in a text; its title is the path of the edited file, and what is replaced, if not 0.3."""
    files, (edited, *change) = parsed(text.replace("ROWS", "0.3\n" * 8)), title.split(" | ")
    first = next(iter(files))
    files[first] += "" if "shape" in files[first] else SHAPE
    return Edit(files, edited, *(each.replace("\\n", "\n") for each in change))


def table(text):
    """Edits by name, which is between two equal signs and a colon, the title of the edit after it."""
    parts = re.findall(r"^== (.*?): (.*?)\n(.*?)(?=^== |\Z)", text, re.DOTALL | re.MULTILINE)
    return {name: edit(title, files) for name, title, files in parts}


OWN = table("""
== an import in a try: tried.py
-- trying.py
try:
    from tried import GAIN
except ImportError:
    from slow import GAIN
-- tried.py
GAIN = 0.3
-- slow.py
GAIN = 0.3
== a new file that wins an import in a try: hoped.py |  | GAIN = 0.9\\n
-- hoping.py
try:
    from hoped import GAIN
except ImportError:
    from given import GAIN
-- given.py
GAIN = 0.3
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
== a new package before a module of the same name that a function imports: cover/__init__.py |  | GAIN = 0.9\\n
-- covered.py
def shape(x):
    from cover import GAIN
    return GAIN * x
-- cover.py
GAIN = 0.3
== two local imports of one name: second.py
-- twice.py
def one(x):
    from first import gain
    return gain * x
def two(x):
    from second import gain
    return gain * x
def shape(x):
    return one(x) + two(x)
-- first.py
gain = 0.1
-- second.py
gain = 0.3
== a module by another name: named.py
-- naming.py
import named
other = named
def shape(x):
    return other.gain(x)
-- named.py
def gain(x):
    return 0.3 * x
== a module that is imported for its effect: cause.py
-- effective.py
import cause
import store_one
def shape(x):
    return store_one.GAIN * x
-- cause.py
import store_one
store_one.GAIN = 0.3
-- store_one.py
GAIN = 0.1
== a third module that fills a dictionary: filling.py
-- filled.py
import filling
from store_two import GAINS
def shape(x):
    return GAINS['a'] * x
-- filling.py
import store_two
store_two.GAINS['a'] = 0.3
-- store_two.py
GAINS = {'a': 0.1}
== a registry: registering.py
-- registered.py
import registering
from registry import CURVES
def shape(x):
    return CURVES['g'](x)
-- registering.py
from registry import register
@register
def g(x):
    return 0.3 * x
-- registry.py
CURVES = {}
def register(function):
    CURVES[function.__name__] = function
    return function
== functools.singledispatch: dispatched.py
-- dispatched.py
from functools import singledispatch
@singledispatch
def g(value, x):
    raise TypeError
@g.register(int)
def _(value, x):
    return 0.3 * x
def shape(x):
    return g(1, x)
== if not TYPE_CHECKING: unchecked.py
-- unchecked.py
from typing import TYPE_CHECKING
if not TYPE_CHECKING:
    GAIN = 0.3
== else of TYPE_CHECKING: checked.py
-- checked.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    GAIN: float
else:
    GAIN = 0.3
== else of __main__: elsewhere.py
-- elsewhere.py
if __name__ == '__main__':
    GAIN = 0.1
else:
    GAIN = 0.3
== a factory of another module: made.py
-- made.py
from making import make
shape = make(0.3)
-- making.py
def make(gain):
    def shape(x):
        return gain * x
    return shape
== a wrapper of another module: wrapped.py
-- wrapped.py
from wrapping import scaled
@scaled(0.3)
def shape(x):
    return x
-- wrapping.py
from functools import wraps
def scaled(gain):
    def wrap(function):
        @wraps(function)
        def shape(x):
            return gain * function(x)
        return shape
    return wrap
== a monkeypatch of the library: patching.py | 0.25 | 0.3
-- patching.py
import lstm_toys.networks.gates as g
g.SLOPE = 0.25
def shape(x):
    return x
== a file that is read where a module begins: read.csv
-- reading.py
import lstm_toys as lt
CURVES = lt.read_curves('read.csv')
def shape(x):
    return CURVES.values[0, : len(x)] * x
-- read.csv
a
ROWS
== a file of which the values are kept: kept.csv
-- keeping.py
import lstm_toys as lt
VALUES = lt.read_curves('kept.csv').values
def shape(x):
    return VALUES[0, : len(x)] * x
-- kept.csv
a
ROWS
== a file that a task reads by NumPy: loaded.txt
-- loading.py
import numpy as np
def shape(x):
    return np.loadtxt('loaded.txt') * x
-- loaded.txt
0.3
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
== a module in a loop: looped.py
-- looping.py
import looped
def shape(x):
    return sum(each.f(x) for each in (looped,))
-- looped.py
def f(x):
    return 0.3 * x
== getattr: got.py
-- getting.py
import got
def shape(x):
    return getattr(got, 'f')(x)
-- got.py
def f(x):
    return 0.3 * x
== __getattr__ of a package: lazy/inner.py
-- lazily.py
import lazy
def shape(x):
    return lazy.f(x)
-- lazy/__init__.py
import importlib
def __getattr__(name):
    return getattr(importlib.import_module('lazy.inner'), name)
-- lazy/inner.py
def f(x):
    return 0.3 * x
== a package that imports from itself: itself/thing.py
-- selves.py
from itself import thing
def shape(x):
    return thing.f(x)
-- itself/__init__.py
from itself import thing
-- itself/thing.py
def f(x):
    return 0.3 * x
== eval: evaluated.py
-- evaluated.py
K = 0.3
def shape(x):
    return eval('K') * x
== globals: globally.py
-- globally.py
K = 0.3
def shape(x):
    return globals()['K'] * x
== a value in a docstring: documented.py
-- documented.py
'''0.3'''
def shape(x):
    return float(__doc__) * x
== a value in an annotation: annotated.py
-- annotated.py
def shape(x: 0.3):
    return shape.__annotations__['x'] * x
== exec: executed.txt
-- executing.py
exec(open('executed.txt').read())
-- executed.txt
GAIN = 0.3
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


def declaring(above, *changes):
    """The files of an experiment that declares something else; code above it, and what is replaced by what."""
    files = project()
    for old, new in (("EXPERIMENT =", f"{above.strip()}\n\n\nEXPERIMENT ="), *changes):
        assert old in files["mine.py"]
        files["mine.py"] = files["mine.py"].replace(old, new)
    return files


MODEL = ("    draw=draw,\n", "    draw=draw,\n    model=model,\n")
NETWORK = """
import flax.linen as nn
import jax


class Plain(nn.Module):
    features: int

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.Dense(4)(inputs)
        return nn.Dense(self.features)(hidden)


def model(task, settings):
    return Plain(len(task.output_features))
"""
PRINTS = """
        jax.debug.print("mean {m}", m=hidden.mean())  # Prints.
        jax.debug.callback(lambda _: None, hidden)
        return nn"""
AHEAD = """
def shifted(x):
    shown = lt.show(x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(shown, shown), ("y",), ("y",), sequence=True, ahead=0)
"""
SCALED = """
import numpy as np


class Scaled(lt.Scaling):
    def undone(self, values, *, outputs=True):
        return np.exp2(super().undone(values, outputs=outputs))
"""
PAIRS = "((0.0, 1.0),)"

DECLARED = {
    "a method of a scaling": Edit(
        declaring(SCALED, ("    draw=draw,\n", f"    draw=draw,\n    scaling=Scaled({PAIRS}, {PAIRS}),\n")),
        "mine.py",
        "np.exp2",
        "np.exp",
    ),
    "how far ahead a task asks": Edit(
        declaring(AHEAD, ("task=task,", "task=shifted,")), "mine.py", "ahead=0", "ahead=1"
    ),
    "the name of a model, which a saved population refers to": Edit(
        declaring(NETWORK, MODEL), "mine.py", "Plain", "Simple"
    ),
}
"""Of what an experiment declares, each of which makes another run."""

DEBUGGED = Edit(declaring(NETWORK, MODEL, ("\n        return nn", PRINTS)), "mine.py", "# Prints.", "# Prints this.")
"""A comment in a program that calls Python to print."""

SWEPT = Edit(
    declaring(
        """
class Worst(lt.Goal):
    def error(self, rmse, asked):
        return 1.0 * rmse.max(axis=-1)
""",
        ("lt.Goal(rmse=0.03)", "Worst(rmse=2.0)"),
    ),
    "mine.py",
    "1.0 * rmse",
    "1000.0 * rmse",
)
"""Of a goal, after which other networks of a sweep have learned."""

HARMLESS = {
    "a docstring": Edit({}, "mine.py", '"""The mean of many curves."""', '"""What is the mean of many curves?"""'),
    "a comment": Edit({}, "mine.py", "\n\ndef task", "\n# Makes what is trained on.\n\ndef task"),
    "the title of a figure": Edit({}, "mine.py", '"Training"', '"Training on the mean"'),
    "the name of a local variable": Edit({}, "mine.py", "total", "summed"),
    "the order of imports": Edit(
        {},
        "mine.py",
        "import lstm_toys as lt\nfrom lstm_toys.cli import command\n",
        "from lstm_toys.cli import command\nimport lstm_toys as lt\n",
    ),
    "a type": Edit({}, "mine.py", "def probes(x):", "def probes(x: lt.TimePoints) -> list[lt.Probe]:"),
    "a message": Edit({}, "mine.py", "there are too few time points", "a curve has at least two points"),
    "the format": Edit({}, "mine.py", 'x, ("y",)), ("y",))', 'x, (\n        "y",\n    )), ("y",))'),
    "a function in another module": Edit(
        {}, "mine.py", PROBES, "from shown import probes\n", {"shown.py": f"import lstm_toys as lt\n\n\n{PROBES}"}
    ),
    "a file in two": Edit(
        {},
        "mine.py",
        f"{PROBES}\n\n{DRAW}",
        "from half import draw, probes\n",
        {"half.py": f"import lstm_toys as lt\n\n\n{PROBES}\n\n{DRAW}"},
    ),
}
"""After which nothing is trained."""

CLAIMED = parsed("""
-- judges.py
from functools import wraps


def make(gain):
    def number(lines):
        return gain + lines.answer.values[:, 0, -1, 0]

    return number


class Judge:
    def __init__(self, gain):
        self.gain = gain

    def number(self, lines):
        return self.gain + lines.answer.values[:, 0, -1, 0]


def scaled(gain):
    def wrap(function):
        @wraps(function)
        def number(lines):
            return gain + function(lines)

        return number

    return wrap
-- claimed.py
import judges
from mine import EXPERIMENT

import lstm_toys as lt


def plain(lines):
    return lines.answer.values[:, 0, -1, 0]


def measured(lines):
    return lt.per_curve(lines, lt.measures.rmse).mean(axis=1)


NUMBERS = {
    "closure": judges.make(0.3),
    "method": judges.Judge(0.4).number,
    "wrapper": judges.scaled(0.5)(plain),
    "measure": measured,
}
LINES = (lt.Source("mine", "line"),)
CLAIMS = lt.Claims(
    title="what is claimed of lines",
    claims=tuple(lt.Claim(id, id, "a number", number, LINES, high=0.6) for id, number in NUMBERS.items()),
    populations={"mine": (EXPERIMENT, [])},
)
""")
"""Claims about the experiment in ``mine.py``."""

CLAIMS = {
    "a closure of another module": Edit({}, "claimed.py", "make(0.3)", "make(0.9)"),
    "a bound method": Edit({}, "claimed.py", "Judge(0.4)", "Judge(0.9)"),
    "functools.wraps": Edit({}, "claimed.py", "scaled(0.5)", "scaled(0.9)"),
    "what they are made by": Edit({}, "judges.py", "gain + function", "gain - function"),
    "a threshold": Edit({}, "claimed.py", "high=0.6", "high=0.7"),
    "a sentence": Edit({}, "claimed.py", "id, id, ", "id, f'It is {id}', "),
}
"""After which claims are judged again and nothing is trained."""

UNSEEN = {
    "starts a process": "import subprocess\n\nsubprocess.run(['true'])\n",
    "starts a process, by os": "import os\n\nos.system('true')\n",
    "starts a process, by multiprocessing": (
        "from multiprocessing import get_context\n\n"
        "worker = get_context('fork').Process(target=int)\nworker.start()\nworker.join()\n"
    ),
    "uses the network": ("import socket\n\nwith socket.socket() as opened:\n    opened.connect_ex(('127.0.0.1', 9))\n"),
    **{
        f"starts a process, by {method}": (
            "from multiprocessing import get_context, parent_process\n\n"
            "if parent_process() is None:\n"
            f"    worker = get_context('{method}').Process(target=int)\n    worker.start()\n    worker.join()\n"
        )
        for method in ("spawn", "forkserver")
    },
    "uses SQLite": "import sqlite3\n\nsqlite3.connect(':memory:')\n",
    "lists a folder": "from pathlib import Path\n\nlist(Path().iterdir())\n",
    "lists a folder, by glob": "import glob\n\nglob.glob('*.csv')\n",
    "loads a library": "import ctypes\n\nctypes.CDLL(None)\n",
    "uses h5py": "def read():\n    import h5py\n",
    "uses open_dataset": "def read():\n    from xarray import open_dataset\n",
}
"""What code of one's own may do, after which not everything is known that it depends on, by what is told of it."""

DATABASE = """
import sqlite3

base = sqlite3.connect("gain.db")
base.execute("create table if not exists gains (gain)")
base.execute("delete from gains")
base.execute("insert into gains values ({gain})")
base.commit()
"""
READ = {
    "by h5py": (
        "import h5py\n\nwith h5py.File('gain.h5') as file:\n    GAIN = float(file['gain'][()])\n",
        "import h5py; h5py.File('gain.h5', 'w')['gain'] = {gain}",
    ),
    "by SQLite": (
        "import sqlite3\nfrom pathlib import Path\n\n"
        "(GAIN,) = sqlite3.connect(Path('gain.db')).execute('select * from gains').fetchone()\n",
        DATABASE,
    ),
    "by SQLite, from a URI": (
        "import sqlite3\n\nbase = sqlite3.connect('file:gain.db?mode=ro', uri=True)\n"
        "(GAIN,) = base.execute('select * from gains').fetchone()\n",
        DATABASE,
    ),
    "and written back": (
        "with open('gain.txt') as file:\n    GAIN = float(file.read())\n"
        "with open('gain.txt', 'w') as file:\n    file.write(str(GAIN))\n",
        "open('gain.txt', 'w').write('{gain}')",
    ),
    "and made before, if they are missing": (
        "from pathlib import Path\n\nPLACE = Path('gain.txt')\n\n\n"
        "def shape(x):\n    if not PLACE.exists():\n        PLACE.write_text('0.3')\n"
        "    return float(PLACE.read_text()) * x\n",
        "if {gain} > 0.3: open('gain.txt', 'w').write('{gain}')",
    ),
}
"""How a module finds its ``GAIN``, or its function ``shape``, in data, and what writes it there."""
