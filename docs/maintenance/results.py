"""Makes everything in ``results/`` anew by one command, or the groups of steps that it names.

Prints the commands first, with the time and disk space that they took the last time. Then it computes the runs of a
group, and publishes them once all of it are finished. The same command continues after an interruption: finished runs
are used, and unfinished ones go on from their checkpoints.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.page import sheet
from lstm_toys import files, output, tables
from lstm_toys.runs import publishing

from . import picture, steps
from .steps import Cost

PEERS = "peers"
"""The extra that benchmarks alone need."""

NEEDED = {
    "statsmodels": "test",
    "distributed": "test",
    "equinox": PEERS,
    "torch": PEERS,
}
"""Modules that commands need, and the extras that install them."""

GIB = 2**30


def main(root: Path, names: Sequence[str] = steps.NAMES) -> None:
    """Makes the results of a clone, group by group."""
    if unknown := [name for name in names if name not in steps.NAMES]:
        sys.exit(f"no group {unknown[0]!r}; there are {', '.join(steps.NAMES)}")
    extras = {extra for name, extra in NEEDED.items() if importlib.util.find_spec(name) is None}
    if missing := sorted(extras if steps.BENCHMARKS in names else extras - {PEERS}):
        sys.exit(f"pip install '.[{','.join(missing)}]' first")
    announce(root, names)
    runs = root / "results" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name == steps.BENCHMARKS:
            measure(root, runs)
        else:
            make(root, runs, name)
        keep_costs(runs)


def make(root: Path, runs: Path, name: str) -> None:
    """Computes the runs of a group, and publishes them."""
    write_sea(root / steps.SEA)
    for step in steps.GROUPS[name]:
        carry_out(step.command, runs)
    for step in steps.GROUPS[name]:
        if step.published:
            call(f"{step.command} --publish --quiet", root)
    if name == steps.POST:
        for command in steps.PAGES:
            call(command, root)
        if (drawn := root / "results" / sheet.NAME).exists():
            drawn.write_bytes(publishing.content(drawn))
        picture.draw_from_run(root / "results", root / "results" / "index.png")


def measure(root: Path, runs: Path) -> None:
    """Measures speeds, and publishes them once all are measured."""
    measured = runs / steps.BENCHMARKS
    for command in steps.SPEEDS:
        if not (measured / f"{steps.name_of(command)}.json").exists():
            carry_out(f"{command} --output {measured.relative_to(root)}", runs, command)
    (target := root / "results" / steps.BENCHMARKS).mkdir(exist_ok=True)
    for path in measured.iterdir():
        (target / path.name).write_bytes(publishing.content(path))
    shutil.rmtree(measured)


def announce(root: Path, names: Sequence[str] = steps.NAMES) -> None:
    """Prints the time and disk space of each command; exits 1 if there is not enough disk."""
    costs = steps.costs()
    commands = [command for name in names for command in steps.commands(name)]
    rows = [(f"python -m {command}", *cells(costs[command])) for command in commands]
    total = Cost(*(sum(numbers) for numbers in zip(*(costs[command] for command in commands), strict=True)))
    free = shutil.disk_usage(root).free
    console = output.console()
    rows.append(("all of them", *cells(total)))
    console.print(tables.table("to make", ("command", "hours>", "GiB>"), rows, **tables.PLAIN))
    console.print(f"{free / GIB:.1f} GiB are free on the disk")
    runs = root / "results" / "runs"
    if free + (size(runs) if runs.exists() else 0) < total.bytes:  # An interrupted attempt has left some of it.
        sys.exit("this is not enough")


def cells(cost: Cost) -> tuple[str, str]:
    """Hours and GiB as cells of a table."""
    return f"{cost.seconds / 3600:.2f}", f"{cost.bytes / GIB:.2f}"


def write_sea(path: Path) -> None:
    """Writes the temperatures that statsmodels ships, one curve a year."""
    from statsmodels.datasets import elnino

    path.parent.mkdir(parents=True, exist_ok=True)
    years = elnino.load_pandas().data.set_index("YEAR").T
    years.columns = [f"year {year:.0f}" for year in years]
    years.insert(0, "t (months)", range(1, 13))
    years.to_csv(path, index=False)


def carry_out(arguments: str, runs: Path, command: str | None = None) -> None:
    """Calls a command, and adds its cost, even if it fails, to that of earlier attempts."""
    began, before = time.perf_counter(), size(runs)
    try:
        call(arguments, runs.parents[1])
    finally:
        cost = spent(runs).get(command or arguments, Cost(0.0, 0))
        new = Cost(cost.seconds + time.perf_counter() - began, cost.bytes + size(runs) - before)
        write(runs / "spent.json", spent(runs) | {command or arguments: new})


def call(arguments: str, root: Path) -> None:
    """Calls a command and waits for it, whatever signals come in; exits with its code if that is not 0."""
    child = subprocess.Popen([sys.executable, "-m", *shlex.split(arguments)], cwd=root)
    # A terminal sends SIGINT to the command, too, which then saves what it has.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: child.terminate()}
    before: dict[Any, Any] = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        code = child.wait(math.inf)  # With a timeout it polls, and so handles signals at once.
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code:
        output.complain(f"python -m {arguments} ended with {code}; make results continues")
        sys.exit(code)


def spent(runs: Path) -> dict[str, Cost]:
    """The costs of commands since the results were last published."""
    path = runs / "spent.json"
    return {command: Cost(**cost) for command, cost in json.loads(path.read_text()).items()} if path.exists() else {}


def keep_costs(runs: Path) -> None:
    """Saves the costs of commands for the next time, except those whose runs were there before."""
    write(steps.COSTS, steps.costs() | {command: cost for command, cost in spent(runs).items() if cost.bytes > 0})
    (runs / "spent.json").unlink(missing_ok=True)


def write(path: Path, costs: dict[str, Cost]) -> None:
    """Writes the costs of commands."""
    files.write_json(path, {command: {"seconds": round(s), "bytes": b} for command, (s, b) in costs.items()})


def size(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(Path(__file__).parents[2], sys.argv[1:] or steps.NAMES)
