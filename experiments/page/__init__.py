"""The HTML page, made from finished runs, on which anybody can try the networks."""
