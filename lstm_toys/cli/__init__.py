"""The command line: flags, and what becomes of a run that a signal or a bad file ends."""

import lstm_toys

VERSION = f"lstm_toys {lstm_toys.__version__}"
"""What ``--version`` prints."""
