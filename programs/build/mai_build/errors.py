"""The one error type of this package, and the sentence for a source file that is not there."""


class BuildError(Exception):
    """A program could not be built, or differs from the checked-in one. The message says what to do."""


def missing(path: str) -> BuildError:
    """The error for a source file that is not there."""
    return BuildError(f"{path} is missing: restore it with `git checkout {path}`")
