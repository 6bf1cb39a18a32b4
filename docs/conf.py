"""How Sphinx builds the site."""

import re
from typing import Any

import lstm_toys

project = "lstm_toys"
author = copyright = "The lstm_toys developers"
release = version = lstm_toys.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
highlight_language = "none"  # Of blocks that name none, which hold commands.
default_role = "code"  # Docstrings have names between single backticks.

exclude_patterns = ["post.md"]  # Its links are marks; `lstm-toys annotate` makes its page.

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_attr_annotations = False  # The axes of an annotation, such as "*S T", are not markup.

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 600  # Seconds a cell, on a machine that may be busy.
nb_execution_raise_on_error = True

copybutton_selector = "div:not(.output) > .highlight > pre"  # What a cell prints is not for copying.
copybutton_prompt_text = r">>> |\.\.\. "  # Of examples in docstrings, whose outputs are left out.
copybutton_prompt_is_regexp = True

html_theme = "sphinx_book_theme"
html_title = "lstm_toys"
html_theme_options: dict[str, Any] = {"navbar_persistent": []}  # The sidebar has a search.
html_static_path = html_css_files = ["site.css"]


def readable(*arguments: Any) -> tuple[Any, Any]:
    """Shortens signatures: the class of arrays, and defaults that are not Python, which Sphinx could not read."""
    short = [text and re.sub(r"~?jaxlib\._jax\.Array", "Array", text) for text in arguments[-2:]]
    return short[0] and re.sub(r"<[^<>]*>", "...", short[0]), short[1]


def opened(*arguments: Any) -> None:
    """Lets links to files, which Sphinx would save, open what a reader looks for.

    The HTML pages of the results are opened, and names in the reference, which link to their source in a clone, to what
    is said about them below.
    """
    context = arguments[3]
    body: str = context.get("body", "")
    link = r'<a class="reference download internal" download="" (href="[^"]*/{}")>(.*?)</a>'
    body = re.sub(
        link.format(r"(?:index|post)\.html"), r'<a class="reference internal" \1>\2</a>', body, flags=re.DOTALL
    )

    def described(match: re.Match[str]) -> str:
        name = re.sub("<[^>]*>", "", match[2])
        ids = (f"lstm_toys.{name}", f"module-{name}", name)
        found = next((each for each in ids if f'id="{each}"' in body), None)
        return f'<a class="reference internal" href="#{found}">{match[2]}</a>' if found else match[0]

    if "body" in context:
        context["body"] = re.sub(link.format(r"[^\"]*\.py"), described, body)


def setup(app: Any) -> None:
    """Connects the functions above."""
    app.connect("autodoc-process-signature", readable)
    app.connect("html-page-context", opened)
