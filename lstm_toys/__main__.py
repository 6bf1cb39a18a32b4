"""The console script as a module: ``python -m lstm_toys NAME FLAGS``."""

from lstm_toys.cli import script

script.main()
