"""One page to try it on: draw a curve and watch the networks answer, and read what became of the post's sentences.

Makes index.html in the folder of results, of finished runs alone; nothing is trained. A part whose run is missing is
left out, and what makes it is told, here and on the page. The page needs no network connection, and can be sent. An
index.html that this command did not make, or that was changed since, is not replaced.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType

from lstm_toys.cli import command, flags
from lstm_toys.files import Damaged
from lstm_toys.runs import publishing
from lstm_toys.runs.context import Options, Refused

from . import build, runs
from .parts import playground, post

PARTS = (playground.PART, post.PART)
"""In their order on the page. One more has a template, a script if it needs one, and a function from runs to data."""

NAME = "index.html"

MOST = 6_000_000
"""Bytes of a page that is still sent and opened without thinking."""

FLAGS: flags.FlagTable = {name: flags.FLAGS[name] for name in ("results_dir", "quiet")}
DEFAULTS = {name: flags.DEFAULTS[name] for name in FLAGS if name in flags.DEFAULTS}


def plan(arguments: Sequence[str]) -> command.Plan:
    """What the command line asks for."""
    values = flags.read("page", __doc__ or "", FLAGS, DEFAULTS, arguments)
    options = flags.options(values)
    return command.Plan([], options, lambda: written(options), file=options.results_dir / NAME)


def written(options: Options) -> Iterator[RenderableType]:
    """Writes the page, and tells what is on it and what is not.

    Raises:
        Refused: there is nothing to make it of, or it is too large.
        publishing.Refused: it would replace a file that this did not write, or that was changed since.
    """
    results_dir, told = options.results_dir, list[str]()
    try:
        found, missing = runs.find(options, told.append)
        made = [(part, each) for part in PARTS if (each := part.make(found)) is not None]
    except Damaged as damaged:
        raise Refused(f"{damaged}; remove its folder, and make that run again") from None
    yield from told
    yield from (f"{name}: not on the page, there is no finished run of `{words}`" for name, words in missing.items())
    if not made:
        raise Refused(f"there is no finished run in {results_dir / 'runs'} that a page could be made of")
    page = build.html(made, missing).encode()
    if len(page) > MOST:
        raise Refused(f"the page would have {len(page):,} bytes; at most {MOST:,} are sent and opened with ease")
    kept: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, NAME)
        source.write_bytes(page)
        publishing.publish([source], results_dir, "page", kept.append, folder=results_dir)
    yield from kept
    parts = " and ".join(part.name for part, _ in made)
    yield f"{results_dir / NAME}: {len(page):,} bytes; {parts}, of {len(found)} of {len(found) + len(missing)} runs"


if __name__ == "__main__":
    command.run_and_exit(plan)
