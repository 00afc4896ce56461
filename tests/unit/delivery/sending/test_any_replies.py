"""Whatever a relay answers to whichever message, nobody is lost for what was not their fault."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from digest.delivery.replies import NOT_THE_READERS, ReplyKind
from digest.delivery.states import DeliveryState, MailingState
from tests.faults.replies import (
    ABOUT_MAILBOX,
    ABOUT_MESSAGE,
    ABOUT_RELAY,
    DEAD_ADDRESSES,
    UNCLEAR_REPLIES,
)
from tests.relay import DROP, Action, Relay
from tests.unit.delivery.conftest import MakeMailing, rows
from tests.unit.delivery.sending.scene import Scene

READERS, TROUBLED = 12, 30
TEMPORARY = ("451 4.3.0 later", "421 4.3.2 closing", "450 4.2.1 greylisted", DROP)
ANSWERS = (
    *ABOUT_RELAY,
    *ABOUT_MESSAGE,
    *UNCLEAR_REPLIES,
    *DEAD_ADDRESSES,
    *ABOUT_MAILBOX,
    *TEMPORARY,
)


class AnyReplies(Mapping[str, Action]):
    """A script that is another one for each of the first messages, and then none."""

    def __init__(self, chance: random.Random) -> None:
        self.relay = Relay()
        self._scripts: list[dict[str, Action]] = [{}]
        for _ in range(TROUBLED):
            fine = chance.random() < 0.3
            stage = chance.choice(("RCPT", "DATA", "dot"))
            # After a dot nobody knows whether a cut connection took the message: not this test.
            answer = chance.choice(ANSWERS[:-1] if stage == "dot" else ANSWERS)
            self._scripts.append({} if fine else {stage: answer})

    def _now(self) -> dict[str, Action]:
        at = self.relay.mails
        return self._scripts[at] if at < len(self._scripts) else {}

    def __getitem__(self, stage: str) -> Action:
        return self._now()[stage]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


@pytest.fixture
def database() -> str:
    return "sqlite"  # what is judged is far above the store


@pytest.mark.parametrize("seed", range(8))
async def test_everybody_else_gets_one_copy_once_the_relay_is_mended(
    scene: Scene, make_mailing: MakeMailing, seed: int
) -> None:
    await make_mailing(READERS)
    script = AnyReplies(random.Random(seed))
    async with Relay(script=script) as there:
        script.relay = there
        async with scene.working(there, connections=1) as worker, asyncio.timeout(120):
            while (found := await scene.mailing()).finished_at is None:
                if found.state == MailingState.PAUSED:
                    await scene.resume()
                scene.now += timedelta(minutes=1)
                worker.wake()
                await asyncio.sleep(0.05)
    for row in await rows(scene.store):
        if row.state == DeliveryState.REJECTED:
            assert row.reply_kind == ReplyKind.UNKNOWN or row.reply_kind not in NOT_THE_READERS
        else:
            assert row.state == DeliveryState.ACCEPTED
            assert there.copies()[row.address] == 1
    dead = [row for row in await rows(scene.store) if row.reply_kind == ReplyKind.HARD]
    assert len(await scene.suppressed()) == len(dead)
