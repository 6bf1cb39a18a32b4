"""One page to try it on: draw a curve, watch the networks answer, and read which of the post's sentences hold.

Writes index.html into the folder of results, from finished runs alone; nothing is trained. A part whose run is missing
is left out, and the command for that run is printed and shown on the page. The page needs no network connection, and
can be sent as one file. An index.html that this command did not write, or that was changed since, is not replaced.
"""

import tempfile
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType

from lstm_toys import output
from lstm_toys.cli import command
from lstm_toys.runs import flags, publishing
from lstm_toys.runs.context import Options, Refused

from . import build, playground, post, runs

PARTS = {"playground": playground.make, "post": post.make}
"""In page order. To add a part, add a template and a function from runs to its content; see `build`."""

NAME = "index.html"

FLAGS = {
    **{name: flags.of(Options)[name] for name in ("results_dir", "quiet")},
    "open": flags.Flag(None, "open the page in the browser"),
}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        raise flags.Help(str(__doc__), FLAGS)
    values = flags.read(FLAGS, arguments)
    shown = values.pop("open", False)
    options = Options(**values)
    return command.Plan(list, options, lambda _: written(options, shown=shown), file=options.results_dir / NAME)


def written(options: Options, *, shown: bool) -> Iterator[RenderableType]:
    """Writes the page, and yields lines on what it contains and what is missing; raises Refused or NotPublished."""
    results_dir = options.results_dir
    present, missing = runs.find(options, output.console(quiet=options.quiet))
    made = {name: each for name, make in PARTS.items() if (each := make(present)) is not None}
    yield from (f"{name}: not on the page, there is no finished run of `{words}`" for name, words in missing.items())
    if not made:
        raise Refused(f"there is no finished run in {results_dir / 'runs'} that a page could be made of")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, NAME)
        source.write_text(build.html(made, missing), encoding="utf-8")
        size = source.stat().st_size
        publishing.publish([source], results_dir, "page", lambda _: None)
    parts = " and ".join(made)
    yield f"{results_dir / NAME}: {size:,} bytes; {parts}, of {len(present)} of {len(present) + len(missing)} runs"
    if shown and not webbrowser.open((results_dir / NAME).resolve().as_uri()):
        yield "there is no browser that could open it"


if __name__ == "__main__":
    command.run_and_exit(plan)
