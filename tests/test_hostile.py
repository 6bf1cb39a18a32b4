"""Every hostile line ends as documented: with its code, a line that is true, no traceback, and nothing lost."""

import os
import shutil
import subprocess
import sys

import pytest
from hostile import TYPED

from conftest import HANG, ROOT

COMMANDS = "line sine own claims sweep generalization"
PRELUDE = f"""
for each in {COMMANDS}; do
    eval "$each() {{ \\"\\$PYTHON\\" -m lstm_toys $each \\"\\$@\\"; }}"
    export -f "$each"
done
toys() {{ "$PYTHON" -c 'from lstm_toys.cli.script import main; main()' "$@"; }}
"""
SMALL = {
    "S": "--seeds=2 --steps=20 --timesteps=20 --hidden=4",
    "O": "--seeds=2 --steps=20 --hidden=4",
    "G": "--amplitude=0.1:0.9:2 --frequency=1:12:2 --phase=0 --offset=0:0.5:2 --slope=0.3 --intercept=0:1:2 "
    "--length=20 --spacing=0.1",
}
PREPARED = {"": "true", "line": "line $S", "generalization": "generalization $S $G"}


def typed(line, folder):
    """What a shell made of a line."""
    kept = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "COLUMNS")}
    return subprocess.run(
        ["bash", "-c", PRELUDE + line],
        cwd=folder,
        env={**kept, **SMALL, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=HANG,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Makes the results folder that a row takes as given, once."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name or "nothing")
            done = typed(PREPARED[name], made[name])
            assert done.returncode == 0, done.stderr
        return made[name]

    return of


def files(folder):
    """All that is there, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row.given}: {row.line}"[:90], marks=[] if row.always else pytest.mark.long)
        for row in TYPED
    ],
)
def test_a_hostile_line_is_held(row, prepared, tmp_path):
    folder = shutil.copytree(prepared(row.given), tmp_path / "here")
    before = files(folder)
    done = typed(row.line, folder)
    told = done.stderr if row.code else done.stdout
    seen = f"{done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == row.code, seen
    assert row.says in " ".join(told.split()), seen
    assert "Traceback" not in done.stderr, seen
    assert done.stderr.count("\n") == (row.code in (1, 2) and "2>" not in row.line), seen
    if "results/" not in row.line:  # So that the line itself changes nothing there.
        after = files(folder)
        assert before.items() <= after.items(), seen
        if row.code == 2:
            assert {name for name in after if name.startswith("results/")} <= before.keys(), seen
