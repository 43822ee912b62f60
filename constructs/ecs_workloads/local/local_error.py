"""What went wrong with the local target, in one line for its user."""


class LocalError(RuntimeError):
    """A failure that the user can do something about; the message is one line that says what."""
