"""The base class of errors that end a command."""


class CommandError(BaseException):
    """An error that ends a command; its text explains in one line why.

    Attributes:
        exit_code: the exit code of the command.
        advice: what to do, which a command that computes runs prints after the text; empty if the text says so.
    """

    exit_code: int = 1
    advice: str = ""
