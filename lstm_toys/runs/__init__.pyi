from . import execution, experiment, folder, foreign, identity, life, manifest, publishing, report, resolve, source

__all__ = [
    "execution",
    "experiment",
    "folder",
    "foreign",
    "identity",
    "life",
    "manifest",
    "publishing",
    "report",
    "resolve",
    "source",
]
