"""Escapes text from files and users for terminals and Markdown. Imports nothing heavy."""

import difflib
import re
import shutil
import textwrap
from collections.abc import Iterable

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that move the cursor, change colors or reorder text, and halves of characters, which cannot be encoded."""

WIDEST = 120
"""Most characters in a line of help."""

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


def printable(text: str) -> str:
    """Escapes control characters, so that a text stays on its line and changes nothing around it."""
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def message(error: BaseException) -> str:
    """The message of an exception on one line, or its class if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def filled(line: str) -> str:
    """Wraps a line to the width of the terminal, with its own indent and that of a second column in it."""
    width = min(WIDEST, shutil.get_terminal_size().columns)
    indent = " " * len(re.match(r" *(?:(?<= )\S+ {2,})?", line)[0])  # type: ignore[index]
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Asks whether the user meant one of at most two similar names, or typed initials; empty if no name is similar."""
    typed, options = name.lower().replace("-", "_"), [*names]
    full = [option for option in options if typed == "".join(word[:1] for word in option.split("_")) != option[:1]]
    near = [typed] if typed in options else full[:2] or difflib.get_close_matches(typed, options, n=2)
    return f"did you mean {' or '.join(near)}?" if near else ""


def quoted(text: str) -> str:
    """Quotes the text of a cell for a message: at most 40 characters, control characters escaped."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def one_line(text: str) -> str:
    """Text on one line: single spaces, and replacement characters for control characters and lone surrogates."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


def escape(text: str) -> str:
    r"""Escapes text for a Markdown paragraph, heading, list item, or table cell.

    Example:
        >>> print(escape("f(x) * <b>2</b> | lstm_toys"))
        f(x) \* \<b>2\</b> \| lstm_toys
    """
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", one_line(text)))


def code(text: str) -> str:
    """Formats text as a code span; not for table cells, where a pipe would end the cell."""
    content = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", content)), default=0))
    return f"{fence} {content} {fence}" if "`" in content[:1] + content[-1:] else f"{fence}{content}{fence}"
