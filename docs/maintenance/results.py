"""Makes everything in ``results/`` anew by one command.

Computes all runs, and publishes them once all are finished. The same command continues after an interruption: finished
runs are used, and unfinished ones go on from their checkpoints.
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from lstm_toys import output

from . import picture, steps

NEEDED = {"statsmodels": "test", "playwright": "test", "distributed": "test", "equinox": "peers", "torch": "peers"}
"""Modules that commands need, and the extras that install them."""


def main(root: Path) -> None:
    """Makes the results of a clone."""
    if missing := sorted({extra for name, extra in NEEDED.items() if importlib.util.find_spec(name) is None}):
        sys.exit(f"pip install '.[{','.join(missing)}]' first")
    write_sea(root / steps.SEA)
    for step in steps.STEPS:
        call(step.command, root)
    measured = root / "results" / "runs" / "benchmarks"
    for command in steps.BENCHMARKS:
        if not (measured / f"{command.split()[0].rpartition('.')[2]}.json").exists():
            call(f"{command} --output {measured.relative_to(root)}", root)
    for step in steps.STEPS:
        if step.sets:
            call(f"{step.command} --publish --quiet", root)
    call(steps.PAGE, root)
    picture.take(root / "results" / "index.html", root / "results" / "index.png")
    shutil.copytree(measured, root / "results" / "benchmarks", dirs_exist_ok=True)
    shutil.rmtree(measured)


def write_sea(path: Path) -> None:
    """Writes the temperatures that statsmodels ships, one curve a year."""
    from statsmodels.datasets import elnino

    years = elnino.load_pandas().data.set_index("YEAR").T
    years.columns = [f"year {year:.0f}" for year in years]
    years.insert(0, "t (months)", range(1, 13))
    path.parent.mkdir(parents=True, exist_ok=True)
    years.to_csv(path, index=False)


def call(arguments: str, root: Path) -> None:
    """Calls a command and waits for it; exits with its code if that is not 0."""
    child = subprocess.Popen([sys.executable, "-m", *shlex.split(arguments)], cwd=root)
    try:
        code = child.wait()
    except KeyboardInterrupt:  # The terminal also interrupts the command, which then saves what it has.
        code = child.wait()
    if code:
        sys.exit(output.complain(f"python -m {arguments} ended with {code}; make results continues", code))


if __name__ == "__main__":
    main(Path(__file__).parents[2])
