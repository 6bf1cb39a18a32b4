"""WHERE parts of a run are computed: this process or workers, on which devices, and how one is told of it."""
