"""The command line over SQLite."""

import pytest


@pytest.fixture
def database() -> str:
    """What a command prints does not depend on the database; journeys are tried on both."""
    return "sqlite"
