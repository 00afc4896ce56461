"""How relays can misbehave, and the state it must lead to: the promise's table as data.

Each `Case` is a script for the relay and the expected result. `cases()` returns all of
them: with and without PIPELINING, and, where it can happen to a single message, both to
every message and to the second of three.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, cycle

from digest.delivery.relay_address import Tls
from tests.faults.replies import (
    ABOUT_MAILBOX,
    ABOUT_MESSAGE,
    ABOUT_RELAY,
    DEAD_ADDRESSES,
    UNCLEAR_REPLIES,
)
from tests.relay import DROP, HANG, TAKE_AND_DROP, Action, Dripped, Endless, Late, Packets

WAITING = frozenset({"pending", "claimed"})
SHORT = 0.5  # seconds; a deadline that a case is meant to exceed
SECOND = range(2, 3)
ALL = range(1_000_000)


@dataclass(frozen=True)
class Expected:
    """What the ledger must say. `stops`: the readers that follow are not tried for now.

    `paused`: whether the issue is paused; None allows both. `backs_off`: the relay is left
    alone for a while. `ends` is the state after the relay has been fixed.
    """

    states: frozenset[str]
    attempts: frozenset[int] = frozenset({0})
    unknowns: int = 0
    stops: bool = False
    paused: bool | None = False
    backs_off: bool = False
    suppressed: bool = False
    ends: str = "accepted"


WAITS = Expected(WAITING, stops=True, backs_off=True)
PAUSES = Expected(WAITING, stops=True, paused=True)
WAITS_OR_PAUSES = Expected(WAITING, stops=True, paused=None)
DEFERS = Expected(frozenset({"deferred"}), frozenset({1}))
REJECTS = Expected(frozenset({"rejected"}), frozenset({1}), ends="rejected")
DEAD = replace(REJECTS, suppressed=True)
# Refused for all, for a reason that is not theirs: the issue is paused, and they are held.
HELD = Expected(WAITING | {"held", "deferred"}, frozenset({0, 1}), paused=True, stops=True)
# The same for one of three: tried again without being asked.
AGAIN = Expected(frozenset({"deferred"}), frozenset({0, 1}))
# Not understood: final for a few, but an issue that hardly anybody accepted is paused.
UNCLEAR = replace(HELD, stops=False)
UNKNOWN = Expected(frozenset({"unknown"}), unknowns=1)
ACCEPTS = Expected(frozenset({"accepted"}), frozenset({1}))
# Relays end long sessions: a new one is opened at once, and sends the message again.
RECONNECTS = replace(ACCEPTS, states=ACCEPTS.states | WAITING, attempts=frozenset({0, 1}))
TIRED = Expected(frozenset({"deferred"}) | WAITING, stops=True, backs_off=True)


# What happens to one of three messages, where it is not the same as for all of them.
FOR_ONE = {WAITS: RECONNECTS, WAITS_OR_PAUSES: RECONNECTS, HELD: AGAIN, UNCLEAR: REJECTS}


@dataclass(frozen=True)
class Case:
    """One way to misbehave. `deadline` is for every stage, in seconds."""

    name: str
    script: Mapping[str, Action]
    expected: Expected
    deadline: float = 10
    strikes: range = ALL
    extensions: tuple[str, ...] = ()
    packets: Packets = Packets.WHOLE
    tls: Tls = Tls.NONE
    offers_tls: bool = True
    trusted: bool = True
    login: bool = False
    beyond_ascii: bool = False
    filling: int = 0
    fixable: bool = True
    also: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def states(self) -> frozenset[str]:
        """The right states of a message that met the misbehaviour."""
        return self.expected.states | self.also


def cases() -> list[Case]:
    """Every case, with and without PIPELINING; the names are unique."""
    found = [*_before_a_message(), *_of_a_message()]
    pipelined = [
        replace(case, name=f"{case.name}, PIPELINING", extensions=("PIPELINING", *case.extensions))
        for case in found
    ]
    return [*found, *pipelined]


def _before_a_message() -> Iterator[Case]:
    yield from _greeting()
    yield from _securing()
    yield Case("plain and well", {}, ACCEPTS)
    yield Case("replies in crumbs", {}, ACCEPTS, packets=Packets.SPLIT)
    yield Case("replies together", {}, ACCEPTS, packets=Packets.JOINED)
    first = range(1, 2)
    yield Case("421 while idle", {"idle": "421 4.4.2 idle too long"}, ACCEPTS, strikes=first)
    yield Case("drop while idle", {"idle": DROP}, ACCEPTS, strikes=first)
    yield Case("SIZE announced", {}, ACCEPTS, extensions=("SIZE 20000000",))
    small = Case("SIZE 1000", {}, HELD, extensions=("SIZE 1000",), filling=2000)
    yield replace(small, fixable=False)
    beyond = Case("SMTPUTF8", {}, ACCEPTS, extensions=("SMTPUTF8",), beyond_ascii=True)
    yield beyond
    missing = replace(beyond, name="SMTPUTF8 missing", extensions=(), strikes=SECOND)
    yield replace(missing, expected=REJECTS)
    yield Case("a slow banner", {"banner": Late("220 relay.test", 0.3)}, ACCEPTS, deadline=5)


def _greeting() -> Iterator[Case]:
    for stage in ("banner", "EHLO"):
        yield Case(f"421 at {stage}", {stage: "421 4.3.2 too busy"}, WAITS)
        yield Case(f"4xx at {stage}", {stage: "451 4.3.0 not now"}, WAITS)
        yield Case(f"5xx at {stage}", {stage: "554 5.7.1 go away"}, PAUSES)
        yield Case(f"drop at {stage}", {stage: DROP}, WAITS)
        yield Case(f"no {stage}", {stage: HANG}, WAITS, deadline=SHORT)
        yield Case(
            f"dripped {stage}", {stage: Dripped("220 " + "x" * 400, 0.05)}, WAITS, deadline=SHORT
        )
        yield Case(f"endless line at {stage}", {stage: Endless("x" * 500)}, WAITS_OR_PAUSES, SHORT)
        yield Case(
            f"endless lines at {stage}",
            {stage: Endless("250-and so on\r\n")},
            WAITS_OR_PAUSES,
            SHORT,
        )
        yield Case(f"garbage at {stage}", {stage: "\udcff\udcfe what is this"}, WAITS_OR_PAUSES)


def _securing() -> Iterator[Case]:
    secured = Case("STARTTLS", {}, ACCEPTS, tls=Tls.STARTTLS)
    yield secured
    refused = replace(secured, expected=PAUSES)
    yield replace(refused, name="STARTTLS stripped", offers_tls=False, fixable=False)
    yield replace(refused, name="STARTTLS 454", script={"STARTTLS": "454 4.7.0 not now"})
    yield replace(refused, name="STARTTLS 501", script={"STARTTLS": "501 5.5.4 what?"})
    yield replace(refused, name="bad certificate", trusted=False, fixable=False)
    yield replace(
        refused,
        name="drop at STARTTLS",
        script={"STARTTLS": DROP},
        expected=WAITS_OR_PAUSES,
    )
    login = replace(secured, login=True, extensions=("AUTH PLAIN",))
    yield replace(login, name="AUTH")
    yield replace(
        login, name="AUTH 535", script={"AUTH": "535 5.7.8 wrong password"}, expected=PAUSES
    )
    yield replace(login, name="AUTH 454", script={"AUTH": "454 4.7.0 later"}, expected=PAUSES)
    yield replace(login, name="no AUTH", extensions=(), expected=PAUSES, fixable=False)


def _of_a_message() -> Iterator[Case]:
    stages = (_at_mail, _at_rcpt, _at_data, _in_the_body, _at_the_dot, _refusals)
    for case in chain.from_iterable(stage() for stage in stages):
        yield case
        later = replace(case, name=f"{case.name}, second of three", strikes=SECOND)
        yield replace(later, expected=FOR_ONE.get(case.expected, case.expected))


def _at_mail() -> Iterator[Case]:
    yield Case("421 at MAIL", {"MAIL": "421 4.3.2 closing"}, WAITS)
    yield Case("4xx at MAIL", {"MAIL": "451 4.3.0 later"}, WAITS)
    yield Case("5xx at MAIL", {"MAIL": "550 5.7.1 not from you"}, PAUSES)
    too_big = {"MAIL": "552 5.3.4 too big"}
    yield Case("SIZE exceeded at MAIL", too_big, PAUSES, extensions=("SIZE 1000000",))
    yield Case("drop at MAIL", {"MAIL": DROP}, WAITS)
    yield Case("no reply to MAIL", {"MAIL": HANG}, WAITS, deadline=SHORT)
    yield Case("dripped MAIL", {"MAIL": Dripped("250 " + "x" * 400, 0.05)}, WAITS, deadline=SHORT)
    yield Case("garbage at MAIL", {"MAIL": "\udcff what is this"}, WAITS_OR_PAUSES)


def _at_rcpt() -> Iterator[Case]:
    yield Case("421 at RCPT", {"RCPT": "421 4.7.0 closing"}, WAITS)
    yield Case("greylisted", {"RCPT": "450 4.2.1 come back later"}, DEFERS)
    yield Case("mailbox full", {"RCPT": "452 4.2.2 mailbox full"}, DEFERS)
    yield Case("no such mailbox", {"RCPT": "550 5.1.1 no such user"}, DEAD)
    yield Case("no such domain", {"RCPT": "550 5.1.2 no such domain"}, DEAD)
    yield Case("moved away", {"RCPT": "550 5.1.6 moved"}, DEAD)
    yield Case("null MX", {"RCPT": "556 5.1.10 takes no mail"}, DEAD)
    yield Case("blocked at RCPT", {"RCPT": "550 5.7.1 blocked"}, HELD)
    yield Case("550 without more", {"RCPT": "550 no"}, UNCLEAR)
    yield Case("251 at RCPT", {"RCPT": "251 will forward"}, ACCEPTS)
    yield Case("252 at RCPT", {"RCPT": "252 will see"}, ACCEPTS)
    yield Case("drop at RCPT", {"RCPT": DROP}, DEFERS)
    yield Case("no reply to RCPT", {"RCPT": HANG}, DEFERS, deadline=SHORT)
    yield Case("garbage at RCPT", {"RCPT": "what is this"}, DEFERS)
    refused, anyway = "550 5.1.1 no such user", "354 go on"
    yield Case("refused, DATA accepted", {"RCPT": refused, "DATA": anyway}, DEAD)
    lying = {"RCPT": refused, "DATA": anyway, "dot": "250 2.0.0 queued"}
    yield Case("refused, DATA and dot accepted", lying, DEAD)
    yield Case("greylisted, DATA accepted", {"RCPT": "450 4.2.1 later", "DATA": anyway}, DEFERS)


def _refusals() -> Iterator[Case]:
    """What real servers answer: each reply at one stage, all stages in turn."""
    stages = cycle(("RCPT", "DATA", "dot"))
    for expected, replies in (
        (HELD, ABOUT_RELAY),
        (HELD, ABOUT_MESSAGE),
        (UNCLEAR, UNCLEAR_REPLIES),
        (DEAD, DEAD_ADDRESSES),
        (REJECTS, ABOUT_MAILBOX),
    ):
        for reply, stage in zip(replies, stages, strict=False):
            yield Case(f"{reply} at {stage}", {stage: reply}, expected)


def _at_data() -> Iterator[Case]:
    yield Case("421 at DATA", {"DATA": "421 4.3.2 closing"}, WAITS)
    yield Case("4xx at DATA", {"DATA": "452 4.3.1 no space"}, DEFERS)
    yield Case("5xx at DATA", {"DATA": "554 5.7.1 spam"}, HELD)
    yield Case("250 at DATA", {"DATA": "250 2.0.0 ok"}, DEFERS)
    yield Case("drop at DATA", {"DATA": DROP}, DEFERS)
    yield Case("no reply to DATA", {"DATA": HANG}, DEFERS, deadline=SHORT)
    yield Case("dripped DATA", {"DATA": Dripped("354 " + "x" * 400, 0.05)}, DEFERS, deadline=SHORT)
    yield Case("endless lines at DATA", {"DATA": Endless("354-more\r\n")}, DEFERS, deadline=SHORT)


def _in_the_body() -> Iterator[Case]:
    yield Case("drop in the body", {"body": DROP}, DEFERS, filling=6_000_000)
    yield Case("a body not read", {"body": HANG}, DEFERS, deadline=2 * SHORT, filling=6_000_000)
    # It depends on the network whether the loss is noticed before the dot is written.
    yield Case("drop after the body", {"end": DROP}, DEFERS, also=UNKNOWN.states)


def _at_the_dot() -> Iterator[Case]:
    yield Case("421 to the dot", {"dot": "421 4.3.2 closing"}, TIRED)
    yield Case("4xx to the dot", {"dot": "451 4.3.0 later"}, DEFERS)
    yield Case("5xx to the dot", {"dot": "554 5.7.1 spam"}, HELD)
    yield Case("SIZE exceeded at the dot", {"dot": "552 5.3.4 too big"}, HELD)
    yield Case("mailbox full at the dot", {"dot": "552 5.2.2 mailbox full"}, REJECTS)
    yield Case("dead at the dot", {"dot": "550 5.1.1 no such user"}, DEAD)
    yield Case("drop at the dot, not taken", {"dot": DROP}, UNKNOWN)
    yield Case("drop at the dot, taken", {"dot": TAKE_AND_DROP}, UNKNOWN)
    yield Case("no reply to the dot", {"dot": HANG}, UNKNOWN, deadline=SHORT)
    yield Case("late 250", {"dot": Late("250 2.0.0 queued", 0.3)}, ACCEPTS, deadline=5)
    too_late = Late("250 2.0.0 queued", 3 * SHORT)
    yield Case("250 too late", {"dot": too_late}, UNKNOWN, deadline=SHORT)
    yield Case("dripped dot", {"dot": Dripped("250 " + "x" * 400, 0.05)}, UNKNOWN, deadline=SHORT)
    yield Case("endless line at the dot", {"dot": Endless("x" * 500)}, UNKNOWN, deadline=SHORT)
    yield Case("garbage at the dot", {"dot": "what is this"}, UNKNOWN)
    yield Case("a reply in another encoding", {"dot": "250 gr\udcfc\udcdfe"}, ACCEPTS)
    yield Case("250 without a text", {"dot": "250"}, ACCEPTS)
