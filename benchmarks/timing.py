"""How everything is timed: round by round, and what must not share a process in one of its own."""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

Measured = TypeVar("Measured")


def rounds(timers: Mapping[str, Callable[[], Measured]], count: int) -> dict[str, list[Measured]]:
    """Calls every timer once in each of ``count`` rounds, so that a change in the machine's speed affects all of them.

    Returns what each measured, by name, one value a round.
    """
    measured: dict[str, list[Measured]] = {name: [] for name in timers}
    for number in range(count):
        for name, timer in timers.items():
            print(f"round {number + 1} of {count}: {name}", flush=True)
            measured[name].append(timer())
    return measured


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def ratios(values: list[float], others: list[float]) -> dict[str, float]:
    """The `spread` of the ratios within rounds."""
    return spread([value / other for value, other in zip(values, others, strict=True)])


def ranged(of: Mapping[str, float], places: int = 2) -> tuple[str, str]:
    """The cells of a `spread`: its median, and lowest to highest."""
    return f"{of['median']:,.{places}f}", f"{of['low']:,.{places}f} to {of['high']:,.{places}f}"


def isolated(function: Callable[..., Any], *arguments: Any, **environment: str) -> Any:
    """Calls a function of a module in a new process of Python, and returns its result, which can be written as JSON."""
    main: Any = sys.modules["__main__"]
    module = main.__spec__.name if function.__module__ == "__main__" else function.__module__
    call = f"from {module} import {function.__name__} as call; print(json.dumps(call(*{arguments!r})))"
    return json.loads(run("-c", f"import json; {call}", environment=environment))


def run(*arguments: str, environment: Mapping[str, str], code: int = 0) -> str:
    """Runs Python in a process of its own, and returns the last line that it prints.

    Raises:
        RuntimeError: it ended with another code.
    """
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != code:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip().rpartition("\n")[2]


def peak() -> int:
    """The most memory that this process has held, in bytes.

    On Linux ``ru_maxrss`` would be at least that of the process that started this one: it outlives ``exec``.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
