from . import definition, execution, experiment, folder, identity, life, publishing, report

__all__ = ["definition", "execution", "experiment", "folder", "identity", "life", "publishing", "report"]
