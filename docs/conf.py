"""How Sphinx builds the site."""

import re
from typing import Any

import lstm_toys

project = "lstm_toys"
author = copyright = "The lstm_toys developers"
release = version = lstm_toys.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
highlight_language = "none"  # Of blocks that name none, which hold commands.
default_role = "code"  # Docstrings have names between single backticks.

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

html_theme = "sphinx_book_theme"
html_title = "lstm_toys"


def readable(*arguments: Any) -> tuple[Any, Any]:
    """Shortens signatures: the class of arrays, and defaults that are not Python, which Sphinx could not read."""
    short = [text and re.sub(r"~?jaxlib\._jax\.Array", "Array", text) for text in arguments[-2:]]
    return short[0] and re.sub(r"<[^<>]*>", "...", short[0]), short[1]


def setup(app: Any) -> None:
    """Connects `readable`."""
    app.connect("autodoc-process-signature", readable)
