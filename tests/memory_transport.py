"""A transport that keeps messages in a list: no socket, no failure; passes the contract suite."""

from dataclasses import dataclass, field

from digest.delivery.ports import Outgoing, Reply


@dataclass
class MemoryTransport:
    """Every finished message, in order, in `sent`."""

    sent: list[Outgoing] = field(default_factory=list)

    async def connect(self) -> "MemoryConnection":
        """A new connection to the same list."""
        return MemoryConnection(self.sent)


@dataclass
class MemoryConnection:
    """Holds at most one staged message."""

    sent: list[Outgoing]
    staged: Outgoing | None = None
    usable: bool = True

    async def stage(self, message: Outgoing) -> None:
        """Keep the message aside."""
        self.staged = message

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """Move it to the list."""
        assert self.staged is not None
        self.sent.append(self.staged)
        self.staged = None
        return Reply(250, "2.0.0 kept in memory")

    async def abandon(self) -> None:
        """Forget it."""
        self.staged = None

    async def close(self) -> None:
        """Forget what was staged and never finished."""
        self.staged = None
