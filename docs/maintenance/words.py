"""Counts the words that a reader of the built site sees, page by page, without the API reference.

``python -m docs.maintenance.words`` exits 1 if a page, or all of them, have more than the documentation should have.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

SITE = Path(__file__).parents[2] / "build" / "docs"
OTHER = ("api", "genindex", "search", "py-modindex")
PAGE, ALL = 2_500, 26_000


class Article(HTMLParser):
    """The texts of the element ``article``, which holds the content of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.texts = 0, list[str]()

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        """Enters the article."""
        self.depth += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        """Leaves the article."""
        self.depth -= tag == "article"

    def handle_data(self, data: str) -> None:
        """Keeps the text in the article."""
        if self.depth:
            self.texts.append(data)


def counted(page: Path) -> int:
    """The words of a page."""
    article = Article()
    article.feed(page.read_text())
    return len("".join(article.texts).split())


def main(site: Path) -> None:
    """Prints the words of every page, most first."""
    names = (path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html"))
    pages = [name for name in names if name.partition("/")[0] not in OTHER and not name.startswith("_")]
    words = {name: counted(site / f"{name}.html") for name in pages}
    for name in sorted(words, key=lambda name: -words[name]):
        print(f"{words[name]:6,} {name}")
    print(f"{sum(words.values()):6,} in all")
    if sum(words.values()) > ALL or max(words.values()) > PAGE:
        sys.exit(f"at most {PAGE:,} words a page, and {ALL:,} in all")


if __name__ == "__main__":
    main(SITE)
