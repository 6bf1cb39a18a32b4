"""Text from files and users, as it is shown. Imports nothing heavy."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that move the cursor, change colors or reorder text, and halves of characters, which cannot be encoded."""


def printable(text: str) -> str:
    """Escapes control characters, so that a text stays on its line and changes nothing around it."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
