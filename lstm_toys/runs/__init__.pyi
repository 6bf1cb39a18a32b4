from . import definition, execution, experiment, folder, foreign, identity, life, publishing, report

__all__ = ["definition", "execution", "experiment", "folder", "foreign", "identity", "life", "publishing", "report"]
