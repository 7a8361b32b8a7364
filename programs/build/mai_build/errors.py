"""The one error type of this package."""


class BuildError(Exception):
    """A program could not be built, or differs from the checked-in one. The message says what to do."""
