"""Expected failures of this package; `str()` of each is one sentence for a person."""


class ScheduleError(Exception):
    """Base of this package's expected failures."""
