"""A small world of finished commands, each carried out once for all workers of a session, by whoever asks first.

Tests read these runs; one that changes a run copies its results folder first. `conftest.world` fails where one did not.
"""

import contextlib
import fcntl
import io
from pathlib import Path
from typing import NamedTuple

import majority
import numpy as np
import whole_parity
from commands import claims, dynamics, generalization, sweep
from parts import switched

from conftest import carry_out
from experiments import own, sine, slope_intercept

SMALL = ("--seeds=3", "--timesteps=20", "--hidden=4")
"""Of nearly all runs, so that few programs are compiled."""

SINE = (*SMALL, "--steps=300", "--learning_rate=0.01")
GRID = ("--optimizer=sgd", "--grid=learning_rate=0.1 1e6 0.5", "--grid=hidden=4 none", "--grid=steps=20 0 7")
PLANES = (
    *("--amplitude=0.1:0.5:4", "--frequency=5:15:3", "--phase=0:3:3", "--offset=0.1:0.5:2"),
    *("--slope=0:0.5:3", "--intercept=0:0.5:2", "--length=20:40:2", "--spacing=0.024:0.048:2"),
)
MINE = 350 + 20 * np.sin(np.arange(20)[:, None] * 0.5 + np.arange(6))
"""Curves of a file, ``[T, C]``."""
HEADER = {"header": "time (s),run 0,run 1,run 2,run 3,run 4,run 5", "comments": ""}

COMMANDS = {
    "sine": (sine.EXPERIMENT, SINE),
    "slope_intercept": (slope_intercept.EXPERIMENT, (*SMALL, "--steps=20")),
    "own": (own.EXPERIMENT, ("--train={folder}/mine.csv", "--ask=next", "--seeds=2", "--steps=4", "--hidden=4")),
    "majority": (majority.EXPERIMENT, ("--seeds=3",)),
    "whole_parity": (whole_parity.EXPERIMENT, ("--seeds=3",)),
    "sweep": (sweep, (*SMALL[:2], *GRID)),
    "generalization": (generalization, ("--task=sine", *SINE, *PLANES)),
    "dynamics": (dynamics, ("--task=sine", *SINE, "--inputs=0:0.6:3", "--starts=4")),
    "dynamics_majority": (dynamics, ("--task=majority", "--seeds=3", "--hold=zero=0", "--hold=one=1", "--starts=4")),
    "claims": (claims, ("--claims=sine_claims", "--seeds=3")),
}
"""What is carried out, by the name of the run's folder up to a dash, and with which arguments."""

USED = {"generalization": "sine", "dynamics": "sine", "dynamics_majority": "majority", "claims": "sine"}
"""Commands that use the networks of another one, in whose results folder they are."""


class Ran(NamedTuple):
    """A finished command.

    Attributes:
        arguments: its command line.
        results: the folder of its results.
        run: the folder of its run.
        printed: what it printed.
    """

    arguments: tuple[str, ...]
    results: Path
    run: Path
    printed: str


def ran(name, folder):
    """A finished command, carried out unless a worker already did, without digests of programs and without drawing."""
    if name in USED:
        ran(USED[name], folder)
    results, told = folder / USED.get(name, name), folder / f"{name}.txt"
    asked, written = COMMANDS[name]
    arguments = (*(each.format(folder=folder) for each in written), f"--results_dir={results}")
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            np.savetxt(folder / "mine.csv", np.column_stack([np.arange(20) * 0.5, MINE]), delimiter=",", **HEADER)
            with switched(digests=False, drawing=False), contextlib.redirect_stdout(io.StringIO()) as printed:
                assert carry_out(asked, arguments) == 0
            told.write_text(printed.getvalue())
    (run,) = (results / "runs").glob(f"{name}*-*")
    return Ran(arguments, results, run, told.read_text())


def states(folder):
    """The files of a world with numbers, with their sizes and times; figures are drawn by every command."""
    paths = (path for path in folder.rglob("*") if path.suffix in (".json", ".md", ".nc", ".npz"))
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.suffix != ".lock"}
