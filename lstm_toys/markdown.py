"""Escapes text for Markdown, so that the rendered page shows it literally. Imports nothing heavy."""

import re

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_NUMBERED = re.compile(r"^(\d+)([.)])(?= |$)")

_SPECIAL = re.compile(
    r"""
    [\\`*\[\]<&|~$#]                           # Spans, links, HTML, entities, cells, formulas, and headings.
    | _(?![^\W_])                              # Emphasis, which does not end within a word.
    | ^[-+>]                                   # Lists, rules, and quotes.
    | :(?=//) | (?<=www)\. | (?<=\S)@(?=\S)    # Addresses, which GitHub turns into links.
    """,
    re.VERBOSE,
)


def one_line(text: str) -> str:
    """Text on one line that every encoding can show.

    White space becomes single spaces; control characters and lone surrogates become replacement characters.
    """
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


def escape(text: str) -> str:
    r"""Escapes text for a Markdown paragraph, heading, list item, or table cell.

    Example:
        >>> print(escape("f(x) * <b>2</b> | lstm_toys"))
        f(x) \* \<b>2\</b> \| lstm_toys
    """
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", one_line(text)))


def code(text: str) -> str:
    """Formats text as a code span; not for table cells, where a pipe would end the cell.

    Example:
        >>> print(code("python -m experiments.sine"))
        `python -m experiments.sine`
    """
    content = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", content)), default=0))
    return f"{fence} {content} {fence}" if "`" in content[:1] + content[-1:] else f"{fence}{content}{fence}"
