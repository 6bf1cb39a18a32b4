"""What is part of a definition, and what is not: small packages, each with one edit, and the real experiments."""

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lstm_toys.runs.definition import Definition, definition, of_declaration

ROOT = Path(__file__).parents[2]
TOLD = ("name", "doc", "defaults", "draw", "compare", "beside", "frames")
"""The keywords of an experiment that change no number, or are flags."""

OWN = {
    "own/__init__.py": "",
    "own/mine.py": '''
        """An experiment."""

        from dataclasses import replace

        import numpy as np

        import own.helpers as h
        from lstm_toys.runs.experiment import Experiment
        from lstm_toys.tasks.goal import Goal
        from own import face, helpers, registry  # The last is there for its effect.
        from own.other import scale as other_scale
        from own.other import figures

        AMPLITUDE = 0.3
        UNUSED = 1
        SLOPES = np.array((0.1, 0.2))
        TABLE = {"a": 1}
        TABLE["b"] = 2


        def task(x: "float") -> int:
            """What is trained on."""
            from own.helpers import scale

            # A comment.
            return scale(AMPLITUDE) + face.wave(x) + face.shapes.hill(x) + registry.KNOWN["mine"](x)


        def probes(x):
            return [h.double(SLOPES), other_scale(x), TABLE]


        def unrelated():
            return UNUSED


        def draw(results):
            """The figures."""
            return figures(results, UNUSED)


        EXPERIMENT = Experiment(
            name="mine",
            doc=__doc__,
            defaults={"steps": 10},
            goal=Goal(0.02),
            task=task,
            probes=probes,
            draw=draw,
            compare=lambda results: [UNUSED],
        )
        OTHER = replace(EXPERIMENT, name="other", task=lambda x: helpers.double(x))
    ''',
    "own/helpers.py": '''
        """Helpers."""

        import functools
        from own.face import twice

        FACTOR = 2


        def scale(value):
            return FACTOR * value


        @twice
        def double(value):
            return value + value


        def idle(value):
            return value
    ''',
    "own/other.py": """
        def scale(value):
            return value / 2


        def figures(results, value):
            return results
    """,
    "own/face/__init__.py": """
        import lazy_loader

        __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
    """,
    "own/face/__init__.pyi": """
        from . import shapes
        from .shapes import wave
        from .deeper import twice as twice
    """,
    "own/face/shapes.py": """
        import math


        def wave(x):
            return math.sin(x)


        def hill(x):
            return math.cos(x)
    """,
    "own/face/deeper.py": """
        def twice(function):
            return function
    """,
    "own/registry.py": """
        KNOWN = {}


        def register(name):
            def keep(function):
                KNOWN[name] = function
                return function

            return keep


        @register("mine")
        def formula(x):
            return 3 * x
    """,
}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    importlib.invalidate_caches()


@pytest.fixture
def own(tmp_path):
    write(tmp_path, OWN)
    return tmp_path


def of_own(folder, name="EXPERIMENT"):
    return of_declaration(folder / "own/mine.py", name, TOLD)


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert text.count(old) == 1, (name, old, text.count(old))
    path.write_text(text.replace(old, new))


def names(folder, code, root="f", **others):
    """What takes part in the definition of a name of a module of its own."""
    write(folder, {"m.py": code, **{f"{name}.py": text for name, text in others.items()}})
    return {*definition([f"{folder / 'm.py'}:{root}"])}


def test_everything_that_takes_part_is_named(own):
    found = of_own(own)
    assert {*found} == {
        "own.mine.EXPERIMENT",
        *(f"own.mine.EXPERIMENT.{name}" for name in ("goal", "task", "probes")),
        *(f"own.mine.{name}" for name in ("task", "probes", "AMPLITUDE", "SLOPES", "TABLE")),
        *(f"own.helpers.{name}" for name in ("scale", "FACTOR", "double")),
        *("own.other.scale", "own.face.shapes.wave", "own.face.shapes.hill", "own.face.deeper.twice"),
        *("own.registry.KNOWN", "own.registry.register", "own.registry.formula", "lstm_toys.tasks.goal.Goal"),
    }
    assert len(found.hash) == 10
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mine", '"""An experiment."""', '"""Another\n\nexperiment."""'),
        ("mine", '"""What is trained on."""', ""),
        ("mine", "# A comment.", "# Another."),
        ("mine", "    # A comment.\n", "\n\n"),
        ("mine", 'x: "float") -> int', "x: int, /) -> float".replace(", /", "")),
        ("mine", "AMPLITUDE = 0.3", "AMPLITUDE: float = 0.30"),
        ("mine", "AMPLITUDE = 0.3", 'AMPLITUDE = 0.3\n"""Of the training curve."""'),
        ("mine", "    return UNUSED", "    return UNUSED + 1"),
        ("mine", "UNUSED = 1", "UNUSED = 2"),
        ("mine", "return figures(results, UNUSED)", "return figures(results, 3)"),
        ("mine", "[UNUSED],", "[UNUSED, 1],"),
        ("mine", '"steps": 10', '"steps": 20'),
        ("mine", "draw=draw", "draw=print, frames=3"),
        (
            "mine",
            "        goal=Goal(0.02)",
            "        goal=Goal(\n            0.02,\n        )".replace("        ", "    "),
        ),
        ("other", "return results", "return 2 * results"),
        ("helpers", "    return value\n", "    return -value\n"),
        ("helpers", "import functools", "import itertools"),
        ("face/shapes", "import math", "from typing import TYPE_CHECKING\n\nimport math"),
    ],
)
def test_what_changes_no_number_changes_nothing(own, name, old, new):
    before = of_own(own)
    if name == "mine" and "Goal(" in old:
        old, new = old.strip(), "goal=Goal(\n        0.02,\n    )"
    edit(own, f"own/{name}.py", old, new)
    after = of_own(own)
    assert after == before
    assert after.hash == before.hash
    assert after.differences(before) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "differing"),
    [
        ("mine", "AMPLITUDE = 0.3", "AMPLITUDE = 0.31", ["own.mine.AMPLITUDE"]),
        ("mine", "AMPLITUDE = 0.3", "AMPLITUDE = 0.3\nAMPLITUDE *= 2", ["own.mine.AMPLITUDE"]),
        ("mine", "(0.1, 0.2)", "(0.1, 0.3)", ["own.mine.SLOPES"]),
        ("mine", "(0.1, 0.2))", "(0.1, 0.2))\nSLOPES.sort()", ["own.mine.SLOPES"]),
        ("mine", "(0.1, 0.2))", "(0.1, 0.2))\nnp.random.shuffle(SLOPES)", ["own.mine.SLOPES"]),
        ("mine", "Goal(0.02)", "Goal(0.03)", ["own.mine.EXPERIMENT.goal"]),
        ("mine", "Goal(0.02)", "Goal(AMPLITUDE)", ["own.mine.EXPERIMENT.goal"]),
        ("mine", 'TABLE["b"] = 2', 'TABLE["b"] = 3', ["own.mine.TABLE"]),
        ("mine", 'TABLE["b"] = 2', "TABLE.update(b=2)", ["own.mine.TABLE"]),
        ("mine", 'TABLE["b"] = 2', "", ["own.mine.TABLE"]),
        ("mine", "face.wave(x)", "face.wave(x + 0)", ["own.mine.task"]),
        ("mine", "import numpy as np", "import jax.numpy as np", ["own.mine.SLOPES"]),
        ("mine", "import scale as other_scale", "import figures as other_scale",
         ["own.mine.probes", "own.other.figures (new)", "own.other.scale (gone)"]),
        ("mine", "task=task", "task=lambda x: task(x)", ["own.mine.EXPERIMENT.task"]),
        ("mine", "probes=probes,", "probes=probes,\n    frozen=UNUSED,",
         ["own.mine.EXPERIMENT.frozen (new)", "own.mine.UNUSED (new)"]),
        ("helpers", "return FACTOR * value", "return FACTOR / value", ["own.helpers.scale"]),
        ("helpers", "FACTOR = 2", "FACTOR = 2.0", ["own.helpers.FACTOR"]),
        ("helpers", "return value + value", "return 2 * value", ["own.helpers.double"]),
        ("helpers", "def double(value)", "def double(value=3)", ["own.helpers.double"]),
        ("helpers", "@twice\n", "", ["own.face.deeper.twice (gone)", "own.helpers.double"]),
        ("other", "return value / 2", "return value / 3", ["own.other.scale"]),
        ("face/shapes", "math.sin(x)", "math.tan(x)", ["own.face.shapes.wave"]),
        ("face/shapes", "math.cos(x)", "math.tan(x)", ["own.face.shapes.hill"]),
        ("face/deeper", "return function", "return abs", ["own.face.deeper.twice"]),
        ("registry", "return 3 * x", "return 4 * x", ["own.registry.formula"]),
        ("registry", "KNOWN = {}", "KNOWN = dict()", ["own.registry.KNOWN"]),
    ],
)  # fmt: skip
def test_what_changes_a_number_is_named(own, name, old, new, differing):
    before = of_own(own)
    edit(own, f"own/{name}.py", old, new)
    after = of_own(own)
    assert after.differences(before) == differing
    assert after.hash != before.hash
    gone = {" (new)": " (gone)", " (gone)": " (new)"}
    mirrored = [
        next((each.replace(old, new) for old, new in gone.items() if each.endswith(old)), each) for each in differing
    ]
    assert before.differences(after) == mirrored


def test_a_stub_that_leads_elsewhere_changes_what_leads_there(own):
    before = of_own(own)
    edit(own, "own/face/__init__.pyi", "import wave", "import hill as wave")
    assert of_own(own).differences(before) == ["own.face.shapes.wave (gone)", "own.mine.task"]


def test_replaced_declarations_lead_to_the_replaced_one(own):
    found = of_own(own, "OTHER")
    assert {"own.mine.EXPERIMENT.goal", "own.mine.EXPERIMENT.probes", "own.mine.OTHER.task"} <= {*found}
    assert not {"own.mine.EXPERIMENT.task", "own.mine.task", "own.mine.OTHER.name", "own.mine.draw"} & {*found}
    edit(own, "own/mine.py", "Goal(0.02)", "Goal(0.03)")
    assert of_own(own, "OTHER").differences(found) == ["own.mine.EXPERIMENT.goal"]


DECLARED = """
    import dataclasses
    import lstm_toys as lt
    import lstm_toys.runs.experiment

    LIMIT = 3
    A = lt.Experiment(goal=LIMIT, task=abs, draw=print)
    B = lstm_toys.runs.experiment.Experiment(goal=4, task=abs)
    SAME = A
    CHANGED = dataclasses.replace(dataclasses.replace(SAME, task=max), task=min)
    OPEN = lt.Experiment(goal=1, **dict(task=abs))
"""
LAZY = {
    "lstm_toys/__init__.py": "",
    "lstm_toys/__init__.pyi": """
        from . import tasks
        from .runs.experiment import Experiment
        from .tasks.curves import sine
    """,
    "lstm_toys/runs/__init__.py": "",
    "lstm_toys/runs/experiment.py": "class Experiment: pass",
    "lstm_toys/tasks/__init__.py": "",
    "lstm_toys/tasks/__init__.pyi": "from . import curves",
    "lstm_toys/tasks/curves.py": """
        from lstm_toys.runs import experiment

        PI = 3


        def sine(x):
            return PI * x, experiment.Experiment


        def line(x):
            return x
    """,
}
"""Another library of the same name, with lazy faces."""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("f = A.goal", {"f", "A.goal", "LIMIT"}),
        ("f = B.goal + 1", {"f", "B.goal"}),
        ("f = SAME.goal", {"f", "A.goal", "LIMIT"}),
        ("f = CHANGED.goal.limit", {"f", "A.goal", "LIMIT"}),
        ("f = CHANGED.task", {"f", "CHANGED.task"}),
        ("f = [A]", {"f", "A", "A.goal", "A.task", "LIMIT"}),
        ("f = [A.unknown]", {"f", "A", "A.goal", "A.task", "LIMIT"}),
        ("f = [CHANGED]", {"f", "A", "A.goal", "LIMIT", "SAME", "CHANGED", "CHANGED.task"}),
        ("f = OPEN.task", {"f", "OPEN", "OPEN.goal", "OPEN.**1"}),
        ("f = A.goal\nprint(A)\nlt.main(A)\nA.goal.limit = 3\nA.task.x = 3", {"f", "A.goal", "LIMIT"}),
    ],
)
def test_attributes_of_declarations_follow_one_keyword(tmp_path, code, found):
    write(tmp_path, LAZY | {"m.py": textwrap.dedent(DECLARED) + code})
    taken = definition([f"{tmp_path / 'm.py'}:f"], ["draw"])
    assert {*taken} == {f"m.{name}" for name in found}
    bare = textwrap.dedent(DECLARED) + code.partition("\n")[0]
    write(tmp_path, {"m.py": bare})
    changed = ["m.A.goal"] if "\n" in code else []
    assert taken.differences(definition([f"{tmp_path / 'm.py'}:f"], ["draw"])) == changed


def test_swapped_declarations_differ(tmp_path):
    code = textwrap.dedent(DECLARED) + "X = {}\nY = {}\nf = [X, Y]"
    for x, y in (("A", "B"), ("dataclasses.replace(A, seed=1)", "dataclasses.replace(B, seed=1)")):
        write(tmp_path, LAZY | {"m.py": code.format(x, y)})
        before = definition([f"{tmp_path / 'm.py'}:f"])
        write(tmp_path, {"m.py": code.format(y, x)})
        assert definition([f"{tmp_path / 'm.py'}:f"]).differences(before) == ["m.X", "m.Y"]


@pytest.mark.parametrize(
    "code",
    [
        "import lstm_toys as lt\ndef f(x): return lt.sine(x)",
        "import lstm_toys as lt\ndef f(x): return lt.tasks.curves.sine(x)",
        "import lstm_toys.tasks.curves\ndef f(x): return lstm_toys.tasks.curves.sine(x)",
        "import lstm_toys.tasks.curves as c\ndef f(x): return c.sine(x)",
        "from lstm_toys import tasks\ndef f(x): return tasks.curves.sine(x)",
        "from lstm_toys.tasks.curves import sine as wave\ndef f(x): return wave(x)",
        "def f(x):\n    from lstm_toys import tasks as t\n    def g(): return t.curves.sine(x)\n    return g",
        "def f(x):\n    import lstm_toys\n    return lstm_toys.sine(x)",
        "from lstm_toys.tasks.curves import sine\nf = [sine for _ in range(3)]",
    ],
)
def test_the_library_is_followed_where_it_is_touched(tmp_path, code):
    write(tmp_path, LAZY | {"m.py": code})
    root = f"{tmp_path / 'm.py'}:f"
    taken = definition([root])
    assert {*taken} == {"m.f", "lstm_toys.tasks.curves.sine", "lstm_toys.tasks.curves.PI"}
    assert {*definition([root], followed=["lstm_toys.runs"])} == {*taken, "lstm_toys.runs.experiment.Experiment"}
    edit(tmp_path, "lstm_toys/tasks/curves.py", "PI = 3", "PI = 4")
    assert definition([root]).differences(taken) == ["lstm_toys.tasks.curves.PI"]


def test_statements_elsewhere_that_change_what_is_followed_count(tmp_path):
    code = """
        from lstm_toys.tasks import curves
        from lstm_toys.tasks.curves import sine

        def mine(x):
            return x

        curves.PI = 4
        sine.limits = mine
        print(curves.PI)

        def f(x):
            return sine(x)
    """
    write(tmp_path, LAZY)
    found = names(tmp_path, code)
    assert found == {
        "m.f",
        "m.curves.PI",
        "m.sine",
        "m.mine",
        "lstm_toys.tasks.curves.sine",
        "lstm_toys.tasks.curves.PI",
    }


@pytest.mark.parametrize(
    ("code", "follows"),
    [
        ("def f(): return LIMIT", True),
        ("def f():\n    LIMIT = 2\n    return LIMIT", False),
        ("def f(LIMIT): return LIMIT", False),
        ("def f(x, /, *, LIMIT=1): return LIMIT", False),
        ("def f(*LIMIT): return LIMIT", False),
        ("def f(**LIMIT): return LIMIT", False),
        ("def f(LIMIT=LIMIT): return LIMIT", True),
        ("def f(*, x=LIMIT): return x", True),
        ("def f(x: LIMIT) -> LIMIT:\n    y: LIMIT = 1\n    return y", False),
        ("def f(LIMIT):\n    def g(): return LIMIT\n    return g", False),
        ("def f():\n    def g(LIMIT): return LIMIT\n    return g(LIMIT)", True),
        ("def f():\n    def g():\n        nonlocal LIMIT\n        LIMIT += 1\n    LIMIT = 1\n    return g", False),
        ("def f():\n    def LIMIT(): pass\n    return LIMIT", False),
        ("def f():\n    class LIMIT: pass\n    return LIMIT", False),
        ("def f():\n    global LIMIT\n    LIMIT = 4", True),
        ("f = lambda LIMIT: LIMIT", False),
        ("f = lambda x: x + LIMIT", True),
        ("f = lambda x=LIMIT: x", True),
        ("f = [LIMIT for LIMIT in range(3)]", False),
        ("f = [x for x in LIMIT]", True),
        ("f = [LIMIT for LIMIT in LIMIT]", True),
        ("f = {LIMIT: LIMIT for LIMIT in range(3) if LIMIT}", False),
        ("f = {x: LIMIT for x in range(3)}", True),
        ("f = {LIMIT for x in y for LIMIT in x}", False),
        ("f = [[LIMIT for LIMIT in row] for row in y]", False),
        ("f = [[LIMIT for LIMIT in row] + [LIMIT] for row in y]", True),
        ("f = (x for x in y if x > LIMIT)", True),
        ("def f(x): return [LIMIT := each for each in x], LIMIT", False),
        ("def f(x):\n    with x as LIMIT: return LIMIT", False),
        ("def f(x):\n    for LIMIT, _ in x: return LIMIT", False),
        ("def f(x):\n    try: pass\n    except x as LIMIT: return LIMIT", False),
        ("def f(x):\n    try: pass\n    except LIMIT as e: return e", True),
        ("def f(x):\n    import LIMIT\n    return LIMIT", False),
        ("def f(x):\n    from math import pi as LIMIT\n    return LIMIT", False),
        ("def f(x):\n    match x:\n        case [LIMIT]: return LIMIT", False),
        ("def f(x):\n    match x:\n        case {'a': 1, **LIMIT}: return LIMIT", False),
        ("def f(x):\n    match x:\n        case [1, *LIMIT] as y: return LIMIT", False),
        ("def f(x):\n    match x:\n        case 1 if LIMIT: return 1", True),
        ("class f:\n    LIMIT = 2\n    double = 2 * LIMIT", False),
        ("class f:\n    LIMIT = LIMIT", True),
        ("class f:\n    LIMIT: int = 2\n    def g(self): return LIMIT", True),
        ("class f:\n    LIMIT = 2\n    y = [LIMIT for _ in range(3)]", True),
        ("class f:\n    LIMIT = 2\n    y = [x for x in LIMIT]", False),
        ("class f(LIMIT): pass", True),
        ("class f(x, metaclass=LIMIT): pass", True),
        ("class f:\n    @LIMIT\n    def g(self): pass", True),
        ("class f:\n    def g(self): return self.LIMIT", False),
        ("@LIMIT\ndef f(): pass", True),
        ("@LIMIT(3)\nclass f: pass", True),
        ("async def f(x):\n    async for LIMIT in x: yield LIMIT", False),
        ("async def f(x):\n    return [y async for y in LIMIT]", True),
        ("def f(x): return x.LIMIT, x(LIMIT=1)", False),
        ("def f(x): return f'{x:{LIMIT}}'", True),
        ("f = 'LIMIT'", False),
        ("f = x[LIMIT:].y", True),
        ("f = LIMIT.a[0].b()", True),
    ],
)
def test_names_bound_in_a_scope_are_not_those_of_the_module(tmp_path, code, follows):
    compile(code, "m.py", "exec")
    assert names(tmp_path, f"LIMIT = 1\n{code}\n") == ({"m.f", "m.LIMIT"} if follows else {"m.f"})


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(n): return n and f(n - 1)", {"f"}),
        ("def f(n): return g(n)\ndef g(n): return f(n)", {"f", "g"}),
        ("f = g = 1", {"f"}),
        ("from m import f as g\ndef f(n): return g(n)", {"f"}),
        ("if X:\n    def f(): return A\nelse:\n    def f(): return B\nA = B = X = C = 1", {"f", "A", "B", "X"}),
        ("try:\n    import numpy as f\nexcept ImportError:\n    f = A\nA = B = 1", {"f", "A"}),
        ("for i in A:\n    f = i\nelse:\n    f = B\nA = B = C = 1", {"f", "A", "B", "i"}),
        ("with A as f: pass\nA = B = 1", {"f", "A"}),
        ("f, g = A, B\nA = B = C = 1", {"f", "A", "B"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    f = A\nelse:\n    f = B\nA = B = 1", {"f", "B"}),
        ("if __name__ == '__main__':\n    f.append(A)\n    print(B)\nf = []\nA = B = 1", {"f", "A"}),
        ("f = []\nfor x in A:\n    f.append(x)\nA = B = 1", {"f", "A", "x"}),
        ("f = []\nif A:\n    f += [B]\nA = B = C = 1", {"f", "A", "B"}),
        ("f = []\ndel f[A]\nf[B:] = []\nf[0].x.append(C)\nA = B = C = D = 1", {"f", "A", "B", "C"}),
        ("f = []\ndef g(): f.append(A)\nA = 1", {"f"}),
        ("f = []\ndef g(): f.append(A)\ng()\nA = 1", {"f", "g", "A"}),
        ("f = []\ndef g(x): f.append(x)\n@g\nclass C: x = A\nA = 1", {"f", "g", "C", "A"}),
        ("def f(x): return x\ndef g(x): return A\nf.defvjp(g, g)\nA = 1", {"f", "g", "A"}),
        ("def g(x): return x\n@g\ndef f(x): return x\n@g\ndef h(x): return x", {"f", "g"}),
        ("def f(x): return x\nprint(f)\nrun(f)", {"f"}),
        ("class f:\n    table = {}\nf.table['a'] = A\nA = 1", {"f", "A"}),
        ("f = len\nlen = 3", {"f", "len"}),
        ("import m2\nf = [m2]", {"f", "m2.A", "m2.B"}),
        ("import m2\nf = m2.__name__", {"f"}),
        ("from m2 import A\nf = A", {"f", "m2.A"}),
        ("import m2\nf = []", {"f", "m.f"}),
        ("import m3\nf = []", {"f", "m3.m.f", "m3.C"}),
        ("from __future__ import annotations\nimport sys, os.path\nimport numpy\nf = [sys, os.path, numpy.pi]", {"f"}),
        ("import missing_package\nf = missing_package.f()", {"f"}),
    ],
)
def test_what_takes_part(tmp_path, code, found):
    modules = {"m2": "A = 1\nB = A\n", "m3": "import m\nC = 1\nm.f.append(C)\n"}
    taken = {name if name.startswith("m") else f"m.{name}" for name in found}
    assert names(tmp_path, code, **modules) == taken


def test_modules_with_equal_names_are_told_apart(tmp_path):
    write(
        tmp_path,
        {
            **{f"{name}/__init__.py": "" for name in ("a", "b")},
            "a/curves.py": "def f(x): return x",
            "b/curves.py": "def f(x): return -x",
            "m.py": "from a import curves\nimport b.curves as others\nf = [curves.f, others.f]",
        },
    )
    root = f"{tmp_path / 'm.py'}:f"
    before = definition([root])
    assert {*before} == {"m.f", "a.curves.f", "b.curves.f"}
    edit(tmp_path, "b/curves.py", "-x", "+x")
    assert definition([root]).differences(before) == ["b.curves.f"]
    edit(
        tmp_path,
        "m.py",
        "from a import curves\nimport b.curves as others",
        "from b import curves\nimport a.curves as others",
    )
    assert definition([root]).differences(before) == ["b.curves.f", "m.f"]
    write(tmp_path, {"c/curves.py": "f = 1", "d/curves.py": "f = 2"})
    with pytest.raises(ValueError, match="not the only curves"):
        definition([f"{tmp_path / folder / 'curves.py'}:f" for folder in "cd"])


def test_a_module_is_the_same_by_name_and_by_path(own, monkeypatch):
    monkeypatch.syspath_prepend(own)
    assert of_declaration("own.mine", excluded=TOLD) == of_own(own)
    monkeypatch.chdir(own)
    assert of_declaration(Path("own/mine.py"), excluded=TOLD) == of_own(own)


@pytest.mark.parametrize("command", [["mine.py"], ["-m", "mine"], ["folder/../mine.py"]])
def test_a_script_is_followed(tmp_path, command):
    code = """
        from lstm_toys.runs.definition import definition
        from near import A

        f = A

        if __name__ == "__main__":
            print(definition(["__main__:f"]).hash)
    """
    write(tmp_path, {"mine.py": code, "near.py": "A = 1", "folder/x": ""})
    run = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == definition([f"{tmp_path / 'mine.py'}:f"]).hash, run.stderr


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"m.py": "from own import *\nf = 1"}, r"m cannot be followed: from own import \* .*m\.py"),
        ({"m.py": "import m2\nf = m2.x", "m2.py": "from .a import *"}, r"m2 cannot be followed: from a import \*"),
        ({"m.py": "def f(:"}, r"m cannot be followed: invalid syntax .*m\.py"),
        ({"m.py": "import m2\nf = m2.x", "m2.py": "x = '\0'"}, "m2 cannot be followed: .*null"),
        ({"m.py": "from m2 import x\nf = x", "m2.py": "y = 1"}, r"m2 has no x that can be followed; see .*m2\.py"),
        ({"m.py": "from p.q import x\nf = x", "p/__init__.py": ""}, r"p has no q that can be followed"),
        ({"m.py": "g = 1"}, "m has no f that can be followed"),
        ({"m.py": "from numpy import pi as f"}, "m:f lies in code that is not followed"),
        ({"n.py": ""}, r"m\.py is no Python file"),
        ({"m.py": "from p import x\nf = x", "p/__init__.pyc": ""}, r"p is no Python file: .*__init__\.pyc"),
    ],
)
def test_what_cannot_be_followed_is_told_in_one_line(tmp_path, files, message):
    write(tmp_path, files)
    with pytest.raises(ValueError, match=message) as told:
        definition([f"{tmp_path / 'm.py'}:f"])
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("module", ["lstm_toys.results.storage", "numpy", "math", "no_such_module"])
def test_a_root_outside_of_what_is_followed_is_refused(module):
    with pytest.raises(ValueError, match=module):
        definition([f"{module}:load"])


def test_a_session_has_no_file():
    code = "from lstm_toys.runs.definition import definition; f = 1; definition(['__main__:f'])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "ValueError: __main__ is no Python file" in run.stderr


@pytest.mark.parametrize("code", ["f = [A]", "f = A = B = 1", "f = A\nA = f", "from m2 import f", "f = 1\nf = 2"])
def test_a_declaration_is_a_call(tmp_path, code):
    write(tmp_path, {"m.py": code, "m2.py": "f = 3"})
    with pytest.raises(ValueError, match="no call whose keywords can be followed"):
        of_declaration(tmp_path / "m.py", "f")


def test_a_declaration_of_a_class_of_ones_own(tmp_path):
    write(tmp_path, {"m.py": "class Mine: pass\nA = 1\nf = Mine(2, goal=A, draw=B)\nB = 1"})
    assert {*of_declaration(tmp_path / "m.py", "f", ["draw"])} == {"m.f", "m.f.0", "m.f.goal", "m.A", "m.Mine"}


def test_nothing_is_executed_and_nothing_heavy_loaded():
    heavy = ("jax", "numpy", "xarray", "experiments.sine", "lstm_toys.tasks.families")
    code = (
        "import sys; from lstm_toys.runs.definition import of_declaration\n"
        f"of_declaration('experiments.sine'); print([each for each in {heavy} if each in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == "[]"


def test_another_process_finds_the_same():
    code = "from lstm_toys.runs.definition import of_declaration; print(of_declaration('experiments.hill_y').hash)"
    every = {
        subprocess.check_output(
            [sys.executable, "-c", code], cwd=ROOT, text=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    }
    assert every == {f"{of_declaration('experiments.hill_y').hash}\n"}


def declared():
    """The modules of `experiments` that declare one."""
    for path in sorted((ROOT / "experiments").glob("*.py")):
        bound = {target.id for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)
                 for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
        if "EXPERIMENT" in bound:
            yield path.stem


@pytest.mark.parametrize("name", [*declared()])
def test_the_experiments(name):
    found = of_declaration(f"experiments.{name}", excluded=TOLD)
    assert found == of_declaration(ROOT / f"experiments/{name}.py", excluded=TOLD)
    ends = {each.rpartition(".EXPERIMENT.")[2] for each in found if ".EXPERIMENT." in each}
    assert ends == {"goal", "task", "probes"}
    assert {"lstm_toys.tasks.families.FAMILIES", "lstm_toys.tasks.goal.Goal"} <= {*found}
    assert all(each.split(".")[:2] == ["lstm_toys", "tasks"] or each.startswith("experiments.") for each in found)
    assert not [each for each in found if each.endswith((".draw", ".compare", ".command"))]


def test_the_experiments_are_several():
    every = [of_declaration(f"experiments.{name}", excluded=TOLD).hash for name in declared()]
    assert len({*every}) == len(every) > 5


@pytest.mark.parametrize(
    ("path", "old", "new", "differing"),
    [
        ("experiments/sine.py", "POST_MSE = 6.8e-4", "POST_MSE = 7e-4", []),
        ("experiments/sine.py", "TRAIN_AMPLITUDE = 0.3", "TRAIN_AMPLITUDE = 0.4", []),
        ("experiments/sine.py", "(0.1, 0.2, 0.5, 0.8, 1.2)", "(0.1, 0.2, 0.5, 0.8, 1.3)", ["experiments.sine.SLOPES"]),
        ("lstm_toys/tasks/families.py", "jnp.sin(frequency", "jnp.cos(frequency", ["lstm_toys.tasks.families.sine"]),
        ("lstm_toys/tasks/families.py", "def time_points(", "def times(", []),
        ("lstm_toys/networks/lstm.py", "import jax\n", "import jax \n\nX = 1\n", []),
    ],
)
def test_edits_of_the_experiments(tmp_path, path, old, new, differing):
    for folder in ("experiments", "lstm_toys"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = of_declaration(tmp_path / "experiments/sine.py", excluded=TOLD)
    assert before == of_declaration("experiments.sine", excluded=TOLD)
    edit(tmp_path, path, old, new)
    assert of_declaration(tmp_path / "experiments/sine.py", excluded=TOLD).differences(before) == differing


def test_the_claims():
    found = definition(["experiments.claims:EXPERIMENTS", "experiments.post.claims:CLAIMS"], TOLD)
    assert {
        *("experiments.post.claims.CLAIMS", "experiments.post.numbers.valley_moved", "experiments.hill.TRAINING_HILL"),
        *("lstm_toys.statistics.measures.valley", "experiments.post.numbers.SEED_BLOCK"),
    } <= {*found}
    assert not {"experiments.sine.draw", "experiments.sine.compare"} & {*found}


def test_a_definition_tells_its_differences():
    one, other = Definition({"a": "1", "b": "2"}), Definition({"b": "3", "c": "4"})
    assert one.differences(other) == ["a (new)", "b", "c (gone)"]
    assert one.hash != other.hash
    assert one.hash == Definition({"b": "2", "a": "1"}).hash
