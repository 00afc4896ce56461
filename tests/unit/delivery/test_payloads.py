"""What mailings carry, and the JSON that is stored for it."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from digest.delivery.payloads import (
    ConfirmationPayload,
    IssuePayload,
    NoticePayload,
    Payload,
    TestPayload,
    issue_number,
)
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing


def stored(kind: MailingKind, payload: dict[str, Any], now: datetime) -> Mailing:
    return Mailing(kind=kind, payload=payload, created_at=now, give_up_at=now, message_id_key="k@d")


@pytest.mark.parametrize(
    ("payload", "json"),
    [
        (IssuePayload(issue=7), {"issue": 7}),
        (
            TestPayload(issue=7, variant="all", hash="f00"),
            {"issue": 7, "variant": "all", "hash": "f00"},
        ),
        (
            TestPayload(issue=7, variant="all", hash="f00", reader_id=3),
            {"issue": 7, "variant": "all", "hash": "f00", "as": 3},
        ),
        (ConfirmationPayload(token_id=9), {"token_id": 9}),
        (
            NoticePayload(title="Paused", paragraphs=["Why."]),
            {"title": "Paused", "paragraphs": ["Why."]},
        ),
    ],
)
def test_payloads_are_stored_under_the_keys_of_version_0_1(
    payload: Payload, json: dict[str, Any], now: datetime
) -> None:
    assert payload.stored() == json
    assert type(payload).of(stored(MailingKind.ISSUE, json, now)) == payload


def test_a_test_without_a_variant_is_of_the_mail_that_all_readers_get(now: datetime) -> None:
    assert (
        TestPayload.of(stored(MailingKind.TEST, {"issue": 7, "hash": "f00"}, now)).variant == "all"
    )


def test_the_payload_of_another_kind_is_refused(now: datetime) -> None:
    with pytest.raises(ValidationError):
        ConfirmationPayload.of(stored(MailingKind.ISSUE, {"issue": 7}, now))


@pytest.mark.parametrize(
    ("kind", "payload", "number"),
    [
        (MailingKind.ISSUE, {"issue": 7}, 7),
        (MailingKind.TEST, {"issue": 7, "variant": "all", "hash": "f00"}, 7),
        (MailingKind.CONFIRMATION, {"token_id": 9}, None),
        (MailingKind.NOTICE, {"title": "Paused", "paragraphs": []}, None),
    ],
)
def test_only_issues_and_their_tests_have_the_number_of_an_issue(
    kind: MailingKind, payload: dict[str, Any], number: int | None, now: datetime
) -> None:
    assert issue_number(stored(kind, payload, now)) == number
