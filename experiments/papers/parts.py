"""Parts of long computations, which are kept until a run is finished. Imports nothing heavy."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lstm_toys.execution.signals import Stopped
from lstm_toys.files import read_json, write_json
from lstm_toys.runs.context import RunContext


def part(path: Path, context: RunContext, compute: Callable[[], Mapping[str, Any]], told: str) -> dict[str, Any]:
    """Computes a part and keeps it, or reads what was kept before an interruption.

    Args:
        path: the file that keeps the part.
        compute: returns the part, in the form that JSON stores.
        told: printed once the part is computed.

    Raises:
        Stopped: a signal is pending.
    """
    if not path.is_file():
        if context.stop():
            raise Stopped
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, dict(compute()))
        context.progress.tell(told)
    return read_json(path)
