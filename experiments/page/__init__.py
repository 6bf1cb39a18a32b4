"""The one HTML page made from runs, on which anybody tries what the networks do."""
