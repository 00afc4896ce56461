"""Signatures are checked by two verifiers of others, on the bytes that would be sent."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.issue import compile_issue
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.dkim import DkimSigner, SigningKey, relaxed_body
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import TemplateSet, load_templates
from digest.rendering.transactional_message import compile_transactional
from tests.opendkim import OpenDkim, find_opendkim

DOMAIN = "news.example.org"
NOW = datetime(2024, 11, 26, 9, 0, tzinfo=UTC)  # verifiers refuse what lies ahead of their clock
OWN = (
    b"To: r@example.org\r\nSubject: a  long\r\n subject\r\n"
    b"List-Unsubscribe: <https://digest.example.org/unsubscribe/t>\r\n"
)
COMMON = (
    b"From: Weekly <w@news.example.org>\r\nDate: Tue, 26 Nov 2024 09:00:00 +0000\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)
BODY = b"hello\r\n.world\r\n"
MESSAGE = OWN + COMMON + b"\r\n" + BODY
CHANGES = [
    (b"hello", b"hellO"),
    (b"One-Click", b"Two-Click"),
    (b"unsubscribe/t>", b"unsubscribe/u>"),
    (b"To: r@", b"To: x@"),
    (b"Subject: a", b"Subject: b"),
    (b"From: Weekly", b"From: Weakly"),
]
Keys = tuple[SigningKey, SigningKey]


@pytest.fixture(scope="module")
def keys() -> Keys:
    return (
        SigningKey("rsa1", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        SigningKey("ed1", ed25519.Ed25519PrivateKey.generate()),
    )


@pytest.fixture
def opendkim(tmp_path: Path) -> OpenDkim:
    return find_opendkim(tmp_path)


def signed_with(keys: Sequence[SigningKey]) -> bytes:
    return DkimSigner(DOMAIN, keys).sign(MESSAGE, NOW)


def verified(message: bytes, keys: Sequence[SigningKey], index: int = 0) -> bool:
    """What dkimpy says of the signature at `index`."""
    published = {f"{key.name(DOMAIN)}.".encode(): key.record().encode() for key in keys}
    checker = dkim.DKIM(message)
    try:
        return bool(checker.verify(index, dnsfunc=lambda name, **_: published.get(name)))
    except dkim.ValidationError as error:  # how dkimpy says that the body was changed
        if "body hash mismatch" not in str(error):
            raise
        return False


def test_both_kinds_of_key_verify_independently(keys: Keys) -> None:
    signed = signed_with(keys)
    assert signed.count(b"DKIM-Signature:") == 2
    assert verified(signed, keys, 0)
    assert verified(signed, keys, 1)


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_any_change_breaks_the_signature(keys: Keys, before: bytes, after: bytes) -> None:
    assert not verified(signed_with(keys[:1]).replace(before, after), keys)


@pytest.mark.parametrize(
    "field",
    [
        b"From: Somebody <else@example.org>\r\n",
        b"Subject: Win\r\n",
        b"Cc: you@example.org\r\n",
        b"Reply-To: else@example.org\r\n",
        b"Content-Type: text/html\r\n",
    ],
)
def test_a_field_that_is_added_breaks_the_signature(keys: Keys, field: bytes) -> None:
    assert not verified(field + signed_with(keys[:1]), keys)


def test_the_fields_that_one_click_needs_are_named(keys: Keys) -> None:
    head = signed_with(keys[:1]).split(b"To:")[0]
    field = head.replace(b"\r\n ", b"").decode()
    assert "h=from:from:" in field
    assert ":list-unsubscribe:list-unsubscribe-post;" in field
    assert "l=" not in field


@pytest.mark.parametrize(
    "domain", [DOMAIN, "a-rather-long-name-of-a-domain.newsletters.example.org"]
)
def test_signature_lines_are_short(keys: Keys, domain: str) -> None:
    lines = DkimSigner(domain, keys).sign(MESSAGE, NOW).split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert b"" not in lines[: lines.index(b"To: r@example.org")]


def test_a_message_signed_in_pieces_gets_the_signatures_of_the_whole(keys: Keys) -> None:
    signer = DkimSigner(DOMAIN, keys)
    in_pieces = signer.signatures(OWN, COMMON, memoryview(MESSAGE)[-len(BODY) :], NOW)
    assert in_pieces + MESSAGE == signer.sign(MESSAGE, NOW)


def test_a_signer_that_is_reused_signs_each_message_separately(keys: Keys) -> None:
    signer = DkimSigner(DOMAIN, keys)
    other = OWN.replace(b"r@example.org", b"s@example.org").replace(b"unsubscribe/t", b"xyz")
    letter = b"Auto-Submitted: auto-generated\r\n"
    for own, common in ((OWN, COMMON), (other, COMMON), (OWN + letter, COMMON), (OWN, COMMON)):
        fields = signer.signatures(own, common, BODY, NOW)
        for index in (0, 1):
            assert verified(fields + own + common + b"\r\n" + BODY, keys, index)


@pytest.fixture(params=["issue", "confirmation"])
def compiled(
    request: pytest.FixtureRequest, content: IssueContent, site: Site, weekly: TemplateSet
) -> CompiledMessage:
    if request.param == "issue":
        return compile_issue(content, site, weekly)
    context = {
        "edition_name": "Weekly",
        "confirm_url": "https://digest.example.org/confirm/abc",
        "requested_on": "20 November 2026",
        "valid_hours": 48,
    }
    return compile_transactional("confirmation", context, site, load_templates("confirmation"))


def test_a_real_message_is_in_relaxed_form_and_verifies(
    keys: Keys, compiled: CompiledMessage, reader: ReaderValues, opendkim: OpenDkim
) -> None:
    message = compiled.fill(reader)
    body = message.partition(b"\r\n\r\n")[2]
    assert relaxed_body(body) is body
    signed = DkimSigner(DOMAIN, keys).sign(message, NOW)
    assert verified(signed, keys, 0)
    assert verified(signed, keys, 1)
    assert opendkim.accepts(signed, DOMAIN, keys)


class TestWithOpenDkim:
    @pytest.mark.parametrize(
        "chosen", [slice(0, 1), slice(1, 2), slice(0, 2), slice(None, None, -1)]
    )
    def test_each_key_alone_and_both_in_either_order_are_accepted(
        self, keys: Keys, opendkim: OpenDkim, chosen: slice
    ) -> None:
        assert opendkim.accepts(signed_with(keys[chosen]), DOMAIN, keys)

    @pytest.mark.parametrize("which", [0, 1])
    @pytest.mark.parametrize(("before", "after"), CHANGES)
    def test_a_change_is_seen(
        self, keys: Keys, opendkim: OpenDkim, which: int, before: bytes, after: bytes
    ) -> None:
        altered = signed_with([keys[which]]).replace(before, after)
        assert not opendkim.accepts(altered, DOMAIN, keys)

    def test_another_key_is_not_taken_for_ours(self, keys: Keys, opendkim: OpenDkim) -> None:
        another = SigningKey("rsa1", rsa.generate_private_key(65537, 2048))
        assert not opendkim.accepts(signed_with(keys[:1]), DOMAIN, [another])


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"\r\n\r\n", b""),
        (b"a \r\nb\t\tc\r\n\r\n", b"a\r\nb c\r\n"),
        (b"no newline", b"no newline\r\n"),
        (b"plain\r\n", b"plain\r\n"),
    ],
)
def test_relaxing_a_body(body: bytes, relaxed: bytes) -> None:
    assert relaxed_body(body) == relaxed
