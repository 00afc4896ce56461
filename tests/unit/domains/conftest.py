"""A zone that a test fills, and a client that asks for its records."""

from collections.abc import AsyncIterator

import pytest

from digest.domains.dns_client import DnsClient
from tests.nameserver import nameserver

Zone = dict[tuple[str, str], list[str]]


@pytest.fixture
def zone() -> Zone:
    return {}


@pytest.fixture
async def names(zone: Zone) -> AsyncIterator[DnsClient]:
    async with nameserver(zone) as server:
        yield DnsClient(["127.0.0.1"], server.port)
