"""What a machine can be without: tests that need it are left out aloud there, and fail under `CI=true`."""

import os


class MissingError(RuntimeError):
    """Something cannot be had on this machine; the message says what would help."""

    what = "?"
    """The thing, for a table."""
    brings = "?"
    """What brings it, for the same table."""


def all_must_be_there() -> bool:
    """Whether this machine promises to have everything: `CI=true`."""
    return os.environ.get("CI", "").lower() == "true"
