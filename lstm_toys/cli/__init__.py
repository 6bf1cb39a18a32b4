"""The command line: flags, commands, and how runs end."""

import lstm_toys

VERSION = f"lstm_toys {lstm_toys.__version__}"
