"""The one error type of this package."""


class ZkError(Exception):
    """A refusal by this package: the message is one clear sentence that says what to do."""
