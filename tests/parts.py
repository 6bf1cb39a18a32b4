"""What two copies of `conftest` share, since pytest loads it, and tests import it.

These are what commands of tests leave out, and how annotations are checked.
"""

from contextlib import contextmanager

from beartype import BeartypeConf, beartype

annotated = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Checks annotations as PEP 484 and mypy read them: an integer is accepted where a float is."""

WHOLE = {"digests": False, "drawing": False}
"""Whether commands digest programs and draw figures; others do neither, and are many times faster."""


@contextmanager
def switched(**switches):
    """Switches digests of programs and drawing on or off."""
    before = dict(WHOLE)
    WHOLE.update(switches)
    try:
        yield
    finally:
        WHOLE.update(before)
