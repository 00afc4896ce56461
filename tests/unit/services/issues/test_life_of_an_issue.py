"""From draft to mailing: stored reasons, approval bound to a hash, one frozen audience."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlmodel import select

from digest.app import App
from digest.catalogue.editing import withdraw
from digest.catalogue.tables import Tool
from digest.delivery.ledger.accounting import account
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.delivery.tables import Delivery
from digest.errors import NotFound, Refused, UsageError
from digest.issues.editing import Edit
from digest.issues.freezing import compiled_variant, rebuild
from digest.issues.lookup import candidates_of, carried_in, get_issue
from digest.issues.states import IssueState
from digest.issues.tables import CompiledVariant, FrozenFile
from digest.services.actor import Actor, Channel
from digest.services.issues import archive
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.drafts import compiled_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.preview import preview_issue
from digest.services.issues.rebuild import rebuild_issue
from digest.services.issues.schedule import schedule_issue
from digest.services.issues.show import IssueDetails
from digest.services.schedule import change_slot
from digest.services.sending import control, start, test_mails
from digest.services.sending.messages import MessageWriter
from subscribers.subscriptions import unsubscribe
from tests.catalogue import revise
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.workers import ledger_at

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]


@pytest.fixture
async def ready(add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"), ("Alpha", "Omega"))


async def reasons(app: App, number: int = 1) -> dict[str, str]:
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        assert issue.id is not None
        return {slug: found.reason for found, slug in await candidates_of(session, issue.id)}


async def hash_of(app: App, number: int = 1) -> str:
    async with app.store.read() as session:
        return (await compiled_issue(app, session, number)).hash


@pytest.mark.usefixtures("ready")
class TestComposing:
    async def test_every_candidate_has_a_stored_reason(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        assert await reasons(app) == {
            "alpha-vs-beta": "included as 1st",
            "alpha-vs-omega": "included as 2nd",
            "gamma-vs-delta": "included as 3rd",
        }

    async def test_composing_again_refreshes_the_same_draft(
        self, app: App, add_news: AddNews
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await add_news(("New", "Newer"))
        again = await compose_issue(app, EDITOR, "weekly")
        assert again.number == 1
        assert len(again.items) == 4

    async def test_what_one_issue_carried_the_next_one_does_not(
        self, app: App, clock: Clock, add_news: AddNews
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        await start.send_issue(app, EDITOR, 1)
        clock.forward(days=7)
        await add_news(("New", "Newer"))
        await compose_issue(app, EDITOR, "weekly")
        assert (await reasons(app, 2))["alpha-vs-beta"] == "sent in #1"
        assert (await reasons(app, 2))["new-vs-newer"] == "included as 1st"

    async def test_an_issue_cancelled_while_sending_counts_as_carried(
        self, app: App, clock: Clock
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        await start.send_issue(app, EDITOR, 1)
        await control.cancel_issue(app, EDITOR, 1)
        clock.forward(days=7)
        with pytest.raises(Refused, match="0 new comparisons"):
            await compose_issue(app, EDITOR, "weekly", extra=True)
        async with app.store.read() as session:
            carried = await carried_in(session, 1, besides=None)
        assert carried["alpha-vs-beta"] == "partly sent in #1"

    async def test_an_issue_cancelled_before_sending_does_not_count_as_carried(
        self, app: App
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        await control.cancel_issue(app, EDITOR, 1)
        await compose_issue(app, EDITOR, "weekly", extra=True)
        assert (await reasons(app, 2))["alpha-vs-beta"] == "included as 1st"

    async def test_an_abandoned_issue_is_reused_without_its_texts_and_its_approval(
        self, app: App, clock: Clock
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        texts = Edit(subject="Last week's", preheader="Last week's own", sentence="Last week.")
        await edit_issue(app, EDITOR, 1, texts)
        await approve_issue(app, EDITOR, 1)
        await change_slot.skip(app, EDITOR, "weekly", clock.forward(hours=21).date(), "a holiday")
        clock.forward(days=6)
        reused = await compose_issue(app, EDITOR, "weekly")
        assert isinstance(reused, IssueDetails)
        assert (reused.number, reused.state, reused.approved_by) == (1, IssueState.DRAFT, None)
        for text in (reused.subject, reused.preheader, reused.sentence):
            assert text
            assert "Last week" not in text

    async def test_a_flip_since_the_previous_issue_is_reported(
        self, app: App, clock: Clock, add_news: AddNews
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        await start.send_issue(app, EDITOR, 1)
        clock.forward(days=6)
        async with app.store.write() as session:
            alpha = (await session.exec(select(Tool).where(Tool.name == "Alpha"))).one()
            await revise(session, alpha, 25, clock())
        clock.forward(days=1)
        await add_news(("New", "Newer"))
        await compose_issue(app, EDITOR, "weekly")
        async with app.store.read() as session:
            [flip] = (await compiled_issue(app, session, 2)).content.flips
        assert (flip.name, flip.before, flip.after) == ("Alpha", "ship", "skip")
        assert flip.why == "3 of 4 ship, now 1 of 4 ship"

    async def test_a_first_issue_has_no_flips(self, app: App, clock: Clock) -> None:
        async with app.store.write() as session:
            alpha = (await session.exec(select(Tool).where(Tool.name == "Alpha"))).one()
            await revise(session, alpha, 25, clock())
        await compose_issue(app, EDITOR, "weekly")
        async with app.store.read() as session:
            assert (await compiled_issue(app, session, 1)).content.flips == ()


@pytest.mark.usefixtures("ready")
class TestEditing:
    async def test_subject_sentence_order_and_exclusions_are_kept(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        change = Edit(
            subject="Alpha ships",
            sentence="A quiet week.",
            order=("gamma-vs-delta",),
            exclude=("alpha-vs-omega",),
        )
        await edit_issue(app, EDITOR, 1, change)
        async with app.store.read() as session:
            content = (await compiled_issue(app, session, 1)).content
        assert (content.subject, content.sentence) == ("Alpha ships", "A quiet week.")
        assert [card.slug for card in content.cards] == ["gamma-vs-delta", "alpha-vs-beta"]
        assert (await reasons(app))["alpha-vs-omega"] == "excluded by the editor"

    async def test_an_empty_text_restores_the_one_made_by_rule(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        by_rule = (await preview_issue(app, 1)).subject
        await edit_issue(app, EDITOR, 1, Edit(subject="Mine"))
        await edit_issue(app, EDITOR, 1, Edit(subject=""))
        assert (await preview_issue(app, 1)).subject == by_rule

    async def test_an_edit_voids_the_approval(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        approved = await approve_issue(app, EDITOR, 1)
        assert approved.hash
        await edit_issue(app, EDITOR, 1, Edit(sentence="One more thing."))
        async with app.store.read() as session:
            issue = await get_issue(session, 1)
        assert (issue.state, issue.hash, issue.approved_by) == (IssueState.DRAFT, None, None)
        with pytest.raises(Refused, match="approve it first"):
            await start.send_issue(app, EDITOR, 1)

    async def test_a_sending_issue_cannot_be_edited(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        await start.send_issue(app, EDITOR, 1)
        with pytest.raises(Refused, match="already sending"):
            await edit_issue(app, EDITOR, 1, Edit(subject="too late"))

    @pytest.mark.parametrize(
        "change",
        [{"subject": "two\r\nBcc: lines"}, {"sentence": "x" * 501}, {"preheader": "nul\0"}],
    )
    def test_control_characters_and_long_texts_are_refused(self, change: dict[str, str]) -> None:
        with pytest.raises(UsageError):
            Edit(**change)

    async def test_an_unknown_slug_is_refused_and_nothing_changes(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        before = await hash_of(app)
        with pytest.raises(UsageError, match="not a candidate of issue 1"):
            await edit_issue(app, EDITOR, 1, Edit(subject="Mine", exclude=("nope",)))
        assert await hash_of(app) == before


@pytest.mark.usefixtures("ready")
class TestApproval:
    async def test_the_hash_of_a_draft_is_that_of_its_approval(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        seen = await hash_of(app)
        approved = await approve_issue(app, EDITOR, 1, expected=seen[:12])
        assert approved.hash == seen

    async def test_an_approval_of_another_hash_than_expected_is_refused(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        seen = await hash_of(app)
        await edit_issue(app, EDITOR, 1, Edit(subject="Changed meanwhile"))
        with pytest.raises(Refused, match="has changed since"):
            await approve_issue(app, EDITOR, 1, expected=seen)

    async def test_later_changes_of_the_catalogue_do_not_reach_an_approved_issue(
        self, app: App, clock: Clock
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        before = (await preview_issue(app, 1)).variants
        async with app.store.write() as session:
            for tool in await session.exec(select(Tool)):
                tool.name = tool.name + " renamed"
                session.add(tool)
        assert (await preview_issue(app, 1)).variants == before

    async def test_rebuilding_gives_the_same_hash(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        approved = await approve_issue(app, EDITOR, 1)
        async with app.store.read() as session:
            frozen, differences = await rebuild(session, await get_issue(session, 1))
        assert differences == []
        assert frozen.hash == approved.hash

    async def test_rebuilding_finds_a_template_that_makes_other_bytes(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        async with app.store.write() as session:
            for file in await session.exec(select(FrozenFile)):
                file.text = file.text.replace("At a glance", "In short")
                session.add(file)
        async with app.store.read() as session:
            _, differences = await rebuild(session, await get_issue(session, 1))
        assert any("variants" in found for found in differences)

    async def test_rebuilding_names_a_changed_template_though_its_bytes_stay_the_same(
        self, app: App
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        async with app.store.write() as session:
            files = await session.exec(select(FrozenFile))
            changed = next(file for file in files if "At a glance" in file.text)
            changed.text += "{# a comment #}"
            session.add(changed)
        async with app.store.read() as session:
            _, differences = await rebuild(session, await get_issue(session, 1))
        [difference] = differences
        assert difference.startswith("templates: ")

    async def test_rebuilding_uses_the_frozen_templates_not_those_on_disk(
        self, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        approved = await approve_issue(app, EDITOR, 1)

        def none_on_disk(*_: object) -> None:
            raise AssertionError("the templates on disk were read")

        monkeypatch.setattr("digest.services.issues.drafts.load_templates", none_on_disk)
        rebuilt = await rebuild_issue(app, 1)
        assert (rebuilt.hash, rebuilt.differences) == (approved.hash, [])

    async def test_a_damaged_variant_is_refused_instead_of_sent(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        async with app.store.write() as session:
            for variant in await session.exec(select(CompiledVariant)):
                variant.compiled = variant.compiled.replace(b"Alpha", b"Omega")
                session.add(variant)
        async with app.store.read() as session:
            issue = await get_issue(session, 1)
            assert issue.id
            with pytest.raises(Refused, match="is damaged"):
                await compiled_variant(session, issue.id, "all")

    async def test_an_unapproved_issue_has_nothing_to_rebuild(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        async with app.store.read() as session:
            with pytest.raises(Refused, match="not been approved"):
                await rebuild(session, await get_issue(session, 1))

    async def test_two_drafts_with_the_same_comparisons_are_not_both_approved(
        self, app: App
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await compose_issue(app, EDITOR, "weekly", extra=True)
        await approve_issue(app, EDITOR, 1)
        with pytest.raises(Refused, match="alpha-vs-beta is approved in #1"):
            await approve_issue(app, EDITOR, 2)
        await edit_issue(app, EDITOR, 2, None)
        assert (await reasons(app, 2))["alpha-vs-beta"] == "approved in #1"

    async def test_of_two_approvals_at_once_one_succeeds(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        results = await asyncio.gather(
            *(approve_issue(app, Actor(Channel.COMMAND_LINE, name), 1) for name in ("ann", "bob")),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Refused) for result in results) == 1


@pytest.mark.usefixtures("ready")
class TestSending:
    async def approved(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)

    async def test_the_audience_is_that_of_the_moment(
        self, app: App, add_readers: AddReaders, clock: Clock
    ) -> None:
        await self.approved(app)
        async with app.store.write() as session:
            await unsubscribe(session, 2, "weekly", source="test", now=clock())
        mailing = (await start.send_issue(app, EDITOR, 1)).mailing_id
        async with app.store.read() as session:
            counts = await account(session, mailing)
        assert (counts.recipients, counts.open) == (2, 2)

    async def test_it_needs_a_postal_address(self, app: App) -> None:
        await self.approved(app)
        bare = replace(app, settings=app.settings.model_copy(update={"postal_address": " "}))
        with pytest.raises(Refused, match="DIGEST_POSTAL_ADDRESS"):
            await start.send_issue(bare, EDITOR, 1)

    async def test_it_needs_a_relay_or_the_inbox_named(self, app: App) -> None:
        await self.approved(app)
        bare = replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))
        with pytest.raises(Refused, match="DIGEST_SMTP_URL"):
            await start.send_issue(bare, EDITOR, 1)
        await start.send_issue(bare, EDITOR, 1, to_inbox=True)
        async with app.store.read() as session:
            rows = (await session.exec(select(Delivery))).all()
        assert len(rows) == 3

    async def test_bytes_frozen_before_the_postal_address_changed_do_not_go_out(
        self, app: App
    ) -> None:
        settings = app.settings.model_copy(update={"postal_address": "2 Old Street, Berlin"})
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(replace(app, settings=settings), EDITOR, 1)
        with pytest.raises(Refused, match="the postal address changed since issue 1 was approved"):
            await start.send_issue(app, EDITOR, 1)
        await edit_issue(app, EDITOR, 1, None)
        await approve_issue(app, EDITOR, 1)
        assert await start.send_issue(app, EDITOR, 1)

    async def test_what_was_withdrawn_after_the_approval_does_not_go_out(
        self, app: App, clock: Clock
    ) -> None:
        await self.approved(app)
        async with app.store.write() as session:
            await withdraw(session, "alpha-vs-beta", reason="a wrong figure", now=clock())
        with pytest.raises(Refused, match="alpha-vs-beta is withdrawn"):
            await start.send_issue(app, EDITOR, 1)
        await edit_issue(app, EDITOR, 1, None)
        await approve_issue(app, EDITOR, 1)
        assert await start.send_issue(app, EDITOR, 1)

    async def test_a_refusal_leaves_everything_as_it_was(self, app: App) -> None:
        await self.approved(app)
        bare = replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))
        with pytest.raises(Refused):
            await start.send_issue(bare, EDITOR, 1)
        async with app.store.read() as session:
            assert (await get_issue(session, 1)).state == IssueState.SCHEDULED
            assert (await session.exec(select(Delivery))).all() == []

    async def test_it_needs_a_reader(self, app: App, clock: Clock) -> None:
        await self.approved(app)
        async with app.store.write() as session:
            for reader in (1, 2, 3):
                await unsubscribe(session, reader, "weekly", source="test", now=clock())
        with pytest.raises(Refused, match="nobody is subscribed"):
            await start.send_issue(app, EDITOR, 1)

    async def test_a_time_in_the_past_is_refused(self, app: App, clock: Clock) -> None:
        await self.approved(app)
        with pytest.raises(UsageError, match="in the past"):
            await schedule_issue(app, EDITOR, 1, clock() - timedelta(minutes=1))

    async def test_pause_resume_and_cancel_follow_the_states(self, app: App) -> None:
        await self.approved(app)
        with pytest.raises(Refused):
            await control.pause_issue(app, EDITOR, 1)
        await start.send_issue(app, EDITOR, 1)
        assert (await control.pause_issue(app, EDITOR, 1)).state == IssueState.PAUSED
        assert (await control.resume_issue(app, EDITOR, 1)).state == IssueState.SENDING
        assert (await control.cancel_issue(app, EDITOR, 1)).state == IssueState.CANCELLED
        with pytest.raises(Refused, match="was cancelled"):
            await control.resume_issue(app, EDITOR, 1)

    async def test_a_test_needs_somebody_to_go_to(self, app: App) -> None:
        with pytest.raises(UsageError, match="--to"):
            await test_mails.send_test(app, EDITOR, 1, [])

    async def test_a_test_is_marked_inert_and_not_counted(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        test = await test_mails.send_test(app, EDITOR, 1, ["a@example.org", "A@example.org"])
        mailing = test.mailing_id
        writer = MessageWriter(app)
        [claim] = await ledger_at(app.store, "w").claim([Route.RELAY], 5, app.clock())
        assert (claim.mailing_id, claim.kind) == (mailing, MailingKind.TEST)
        data = (await writer.compose(claim, app.clock())).data
        message = message_from_bytes(data, policy=default)
        assert message["Subject"].startswith("[TEST] ")
        assert b"/unsubscribe/preview>" in data


@pytest.mark.usefixtures("ready")
class TestArchive:
    async def test_only_what_was_sent_is_public_and_nothing_in_it_is_personal(
        self, app: App
    ) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        assert await archive.published_issues(app) == []
        with pytest.raises(NotFound):
            await archive.web_version(app, 1)
        await start.send_issue(app, EDITOR, 1)
        [published] = await archive.published_issues(app)
        assert published.number == 1
        html = (await archive.web_version(app, 1)).html
        assert "Alpha" in html
        assert "/unsubscribe/" not in html
        assert "/preferences/" not in html

    async def test_what_is_sent_is_what_was_frozen(self, app: App) -> None:
        await compose_issue(app, EDITOR, "weekly")
        await approve_issue(app, EDITOR, 1)
        async with app.store.read() as session:
            kept = {v.key: v.sha256 for v in await session.exec(select(CompiledVariant))}
            issue = await get_issue(session, 1)
        assert issue.manifest
        assert kept == issue.manifest["variants"]


async def test_an_issue_cancelled_while_it_was_sent_opens_for_those_who_have_it(
    app: App, ready: None
) -> None:
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)
    async with app.store.write() as session:
        delivery = (await session.exec(select(Delivery))).first()
        assert delivery is not None
        delivery.state = DeliveryState.ACCEPTED
        session.add(delivery)
    await control.cancel_issue(app, EDITOR, 1)
    page = await archive.web_version(app, 1)
    assert "Alpha" in page.html
    assert not page.listed
    assert await archive.published_issues(app) == []


async def test_an_issue_cancelled_before_anybody_had_it_stays_unpublished(
    app: App, ready: None
) -> None:
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)
    await control.cancel_issue(app, EDITOR, 1)
    with pytest.raises(NotFound):
        await archive.web_version(app, 1)
