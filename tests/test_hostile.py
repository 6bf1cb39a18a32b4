"""Every hostile line ends as documented: with its code, a line that is true, no traceback, and nothing lost."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePath

import pytest
from hostile import KINDS

from conftest import HANG

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "line hill hill_y sine amplitude slope_intercept own all claims recipe timeline sweep generalization dynamics "
    "explained"
)
PRELUDE = f"""
for each in {COMMANDS}; do
    eval "$each() {{ \\"\\$PYTHON\\" -m experiments.$each \\"\\$@\\"; }}"
    export -f "$each"
done
toys() {{ "$PYTHON" -c 'from lstm_toys.cli.script import main; main()' "$@"; }}
"""
SMALL = {
    "S": "--seeds=2 --steps=20 --timesteps=20 --hidden=4",
    "O": "--seeds=2 --steps=20 --hidden=4",
    "C": "--only=line-one-layer --seeds=2",
    "G": "--amplitude=0.1:0.9:2 --frequency=1:12:2 --phase=0 --offset=0:0.5:2 --slope=0.3 --intercept=0:1:2 "
    "--length=20 --spacing=0.1",
}
PREPARED = {
    "line": "line $S",
    "sweep": "sweep $S --task=line",
    "generalization": "generalization $S $G",
    "claims": "claims $C",
}
QUICK = 2
"""Rows of each kind in `make test`, the first ones."""

ROWS = [
    pytest.param(row, id=f"{kind}: {row.line}"[:90], marks=[] if number < QUICK else pytest.mark.long)
    for kind, rows in KINDS.items()
    for number, row in enumerate(rows)
]


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
            made[name] = tmp_path_factory.mktemp(name)
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


def test_no_line_is_there_twice():
    lines = [(row.line, row.given) for rows in KINDS.values() for row in rows]
    assert len(lines) == len(set(lines)) >= 200
    assert all(len(rows) >= QUICK for rows in KINDS.values())
    for command in COMMANDS.split():
        assert any(re.search(rf"\b{command} ", line) for line, _ in lines), command


@pytest.mark.parametrize("row", ROWS)
def test_a_hostile_line_is_held(row, prepared, tmp_path):
    folder = tmp_path / "here"
    if row.given:
        shutil.copytree(prepared(row.given), folder)
    else:
        folder.mkdir()
    before = files(folder)
    done = typed(row.line, folder)
    told = done.stderr if row.code else done.stdout
    seen = f"{done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == row.code, seen
    assert row.says in " ".join(told.split()), seen
    assert "Traceback" not in done.stderr, seen
    assert done.stderr.count("\n") == (row.lines if row.lines is not None else int(row.code != 0)), seen
    after = files(folder)
    named = "results/" in row.line  # So that the line itself changes something there.
    may = {name for name in before if any(PurePath(name).match(each) for each in row.changes)}
    if not named:
        assert not [name for name in before if name not in may and after.get(name, 0) != before[name]], seen
    if row.code == 2 and not named:
        assert {name for name in after if name.startswith("results/")} <= before.keys(), seen
