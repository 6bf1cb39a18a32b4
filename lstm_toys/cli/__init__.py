"""The command line: flags, commands, and how runs end."""

import lstm_toys

SCRIPT = "lstm-toys"
"""The name of the console script."""

VERSION = f"lstm_toys {lstm_toys.__version__}"

RUN_COMMANDS = {
    "show": "Prints a run as it lies there, without verifying it.",
    "list": "Lists all runs, and with --remove removes them.",
    "report": "Writes a run as one page, which needs neither this package nor a network.",
    "annotate": "Writes a Markdown text as one page, in which sentences carry the verdicts on claims.",
    "compare": "Says whether two runs have the same bits or verdicts, or what differs.",
}
"""Commands about finished runs, by name, in a line each."""
