"""One page to try it on: draw a curve, watch the networks answer, and read which of the post's sentences hold.

Writes index.html into the folder of results, from finished runs alone, and post.png, a sheet of the post's pictures. A
part whose run is missing is left out, and the command for that run is printed and shown on the page. The page needs no
network connection, and can be sent as one file. An index.html that this command did not write, or that was changed
since, is not replaced.
"""

import argparse
import hashlib
import os
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import lstm_toys as lt

from . import build, playground, post, runs, sheet

PARTS = {"playground": playground.make, "post": post.make}
"""In page order. To add a part, add a template and a function from runs to its content; see `build`."""

NAME = "index.html"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the page, and prints what it contains and what is missing; exits with one line if it cannot."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("lstm-toys page", description=__doc__, formatter_class=raw, allow_abbrev=False)
    folder = "folder of the runs and of the page (default: results)"
    parser.add_argument("--results_dir", type=Path, default=Path("results"), help=folder)
    parser.add_argument("--quiet", action="store_true", help="print only errors and the path of the page")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    options = parser.parse_args(arguments)
    page = options.results_dir / NAME

    def tell(line: str) -> None:
        if not options.quiet:
            print(line)

    try:
        present, missing = runs.find(options.results_dir)
        parts = {name: part for name, make in PARTS.items() if (part := make(present)) is not None}
        for name, words in missing.items():
            tell(f"{name}: not on the page, there is no finished run of `{words}`")
        if not parts:
            parser.exit(2, f"there is no finished run in {page.parent / 'runs'} that a page could be made of\n")
        if page.is_symlink() or (page.exists() and not ours(page)):
            parser.exit(1, f"{page}: changed since it was written, or not written by this command; move it first\n")
        write(page, sealed(build.html(parts, missing).encode()))
        sheet.write(present, options.results_dir)
    except lt.errors.UsageError as error:
        parser.exit(2, f"{error}\n")
    except OSError as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "interrupted\n")
    summary = f"{' and '.join(parts)}, of {len(present)} of {len(present) + len(missing)} runs"
    print(page if options.quiet else f"{page}: {page.stat().st_size:,} bytes; {summary}")
    if options.open and not webbrowser.open(page.resolve().as_uri()):
        tell("there is no browser that could open it")


def ours(page: Path) -> bool:
    """Whether this command wrote a page that nobody changed since."""
    content = page.read_bytes()
    return content == sealed(content.partition(b"\n")[2])


def sealed(html: bytes) -> bytes:
    """A page below a line that says that this command made it, and the digest of the rest."""
    return f"<!-- made by lstm-toys page; SHA-256 of the rest: {hashlib.sha256(html).hexdigest()} -->\n".encode() + html


def write(page: Path, content: bytes) -> None:
    """Writes a page completely or not at all."""
    unfinished = page.with_name(f".{NAME}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(page)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
