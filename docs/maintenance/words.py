"""Counts the words that a reader of the built site sees, page by page, without the API reference.

``python -m docs.maintenance.words`` exits 1 if a page, or all of them, have more than the documentation should have.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

SITE = Path(__file__).parents[2] / "build" / "docs"
PAGE, ALL = 2_500, 26_000


class Article(HTMLParser):
    """The words of the element ``article``, in which a page has its text."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.words = 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enters the article."""
        self.depth += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        """Leaves the article."""
        self.depth -= tag == "article"

    def handle_data(self, data: str) -> None:
        """Counts what stands within it."""
        self.words += len(data.split()) if self.depth else 0


def counted(page: Path) -> int:
    """The words of a page."""
    article = Article()
    article.feed(page.read_text())
    return article.words


def main(site: Path) -> None:
    """Prints the words of every page, most first."""
    names = (path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html"))
    kept = [name for name in names if name.partition("/")[0] not in ("api", "genindex", "search", "py-modindex")]
    words = {name: counted(site / f"{name}.html") for name in kept}
    for name in sorted(words, key=lambda name: -words[name]):
        print(f"{words[name]:6,} {name}")
    print(f"{sum(words.values()):6,} in all")
    if sum(words.values()) > ALL or max(words.values()) > PAGE:
        sys.exit(f"at most {PAGE:,} words a page, and {ALL:,} in all")


if __name__ == "__main__":
    main(SITE)
