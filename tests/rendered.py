"""Text as users may supply it, and Markdown as a reader sees it."""

import html
import html.parser

from hypothesis import strategies as st
from markdown_it import MarkdownIt

PLAIN = "unremarkable"
"""A text that needs no escape."""

WORDS = r"""
<script>alert(1)</script> <b> </td> <!-- --> &lt; &#42; ![a](b) [a](b) [^1] https://a.b www.a.b a@b.c
` `` ~~ ** __ _ $ \ \| | |---| # --- === ``` {{ }} ' " lstm_toys a é 🙂
"""
PIECES = (
    *(*WORDS.split(), "[a]: b", "\n", "\r\n", "# ", "- ", "+ ", "* ", "> ", "1. ", "12) ", "    ", "\t", " "),
    *("\0", "\x1b", "\x85", "\u2028", "\ud800", "\u202e", "\ufeff"),
)
"""What means something in Markdown, in HTML, or to those who read lines."""

TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)

_RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rendered(markdown):
    """The HTML of Markdown, with tables and strikethrough as GitHub has them."""
    markdown.encode()
    return _RENDERER.render(markdown)


def instead(page, text):
    """A page of Markdown that was made with the plain text, as it is to be with another one."""
    return page.replace(PLAIN, html.escape(text, quote=False).replace('"', "&quot;"))


class Page(html.parser.HTMLParser):
    """The elements of a page in their order, with their attributes, and the text of all."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
