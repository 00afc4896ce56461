"""What can go wrong with readers; `str()` of each is one sentence for a person."""


class SubscriberError(Exception):
    """Base of this package's expected failures."""
