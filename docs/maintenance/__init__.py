"""What maintainers run: it makes, lists and verifies what is published, and fills numbers into the documentation."""

import lstm_toys as lt

lt.fix_numpy()  # Before anything loads NumPy.
