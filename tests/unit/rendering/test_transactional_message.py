import email
import email.policy

import pytest

from digest.rendering.content.issue_content import Site
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import load_templates
from digest.rendering.transactional_message import compile_transactional

CONFIRM = {
    "confirm_url": "https://digest.example.org/confirm/0123456789abcdef0123456789abcdef?a=1&b=2",
    "edition_name": "Weekly AI Tool Verdicts",
    "requested_on": "8 December 2026 at 09:00 UTC",
    "valid_hours": 48,
}


@pytest.fixture
def confirmation(site: Site) -> CompiledMessage:
    return compile_transactional("confirmation", CONFIRM, site, load_templates("confirmation"))


def test_a_confirmation_says_what_when_and_how_to_ignore_it(
    confirmation: CompiledMessage, reader: ReaderValues
) -> None:
    for part in (confirmation.html(reader), confirmation.text(reader)):
        folded = " ".join(part.split())
        assert "Weekly AI Tool Verdicts" in folded
        assert "8 December 2026 at 09:00 UTC" in folded
        assert "reader@example.net" in folded
        assert "ignore this message" in folded
    assert CONFIRM["confirm_url"] in confirmation.text(reader)
    assert confirmation.html(reader).count("confirm/0123456789abcdef") == 3


def test_a_confirmation_is_signed_with_the_name_of_the_site(
    site: Site, reader: ReaderValues
) -> None:
    named = site.model_copy(update={"site_name": "Tools & Trouble"})
    message = compile_transactional("confirmation", CONFIRM, named, load_templates("confirmation"))
    assert "Tools &amp; Trouble" in message.html(reader)
    assert "Tools & Trouble\n" in message.text(reader)


def test_a_transactional_message_is_marked_automatic_and_belongs_to_no_list(
    confirmation: CompiledMessage, reader: ReaderValues
) -> None:
    parsed = email.message_from_bytes(confirmation.fill(reader), policy=email.policy.default)
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Subject"] == "Please confirm: Weekly AI Tool Verdicts"
    assert not [name for name in parsed if name.lower().startswith(("list-", "feedback"))]


def test_a_confirmation_has_one_link_and_promotes_nothing(
    confirmation: CompiledMessage, reader: ReaderValues
) -> None:
    links = [part.partition('"')[0] for part in confirmation.html(reader).split('href="')[1:]]
    assert set(links) == {CONFIRM["confirm_url"].replace("&", "&amp;")}


def test_a_notice_carries_its_paragraphs_and_link(site: Site, reader: ReaderValues) -> None:
    message = compile_transactional(
        "notice",
        {"title": "Skipped", "paragraphs": ["<One>", "Two"], "link": "https://x.org/desk"},
        site,
        load_templates("notice"),
    )
    assert message.subject == "Skipped"
    assert "&lt;One&gt;" in message.html(reader)
    assert "<One>\n\nTwo" in message.text(reader)
    assert "https://x.org/desk" in message.text(reader)


def test_a_notice_needs_no_link(site: Site, reader: ReaderValues) -> None:
    context = {"title": "Skipped", "paragraphs": ["One"]}
    message = compile_transactional("notice", context, site, load_templates("notice"))
    assert "href" not in message.html(reader)


def test_a_missing_variable_is_reported(site: Site) -> None:
    with pytest.raises(TemplateError, match="'title' is undefined"):
        compile_transactional("notice", {"paragraphs": ["x"]}, site, load_templates("notice"))


def test_a_line_break_cannot_enter_the_subject(site: Site) -> None:
    context = {"title": "Skipped\r\nBcc: x@y.org", "paragraphs": ["One"]}
    message = compile_transactional("notice", context, site, load_templates("notice"))
    assert message.subject == "Skipped Bcc: x@y.org"


def test_a_sender_that_is_not_a_mailbox_is_refused(site: Site) -> None:
    broken = site.model_copy(update={"sender": "nobody"})
    with pytest.raises(MessageError, match="no usable address"):
        compile_transactional("confirmation", CONFIRM, broken, load_templates("confirmation"))
