"""What commands of tests leave out, which two copies of `conftest` share: pytest loads it, and tests import it."""

from contextlib import contextmanager

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
