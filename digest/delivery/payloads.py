"""What a mailing carries beside its recipients, one model for each kind of mailing.

A mailing keeps it as JSON in `Mailing.payload`; the keys there are a stored format.
"""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing

READER_KEY = "as"


class Payload(BaseModel):
    """Base of all payloads."""

    model_config = ConfigDict(frozen=True, validate_by_name=True)

    @classmethod
    def of(cls, mailing: Mailing) -> Self:
        """The payload of a stored mailing; raises `ValidationError` for another kind's."""
        return cls.model_validate(mailing.payload)

    def stored(self) -> dict[str, Any]:
        """The JSON to keep in `Mailing.payload`."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class IssuePayload(Payload):
    """Of an issue: the number that people know."""

    issue: int


class TestPayload(Payload):
    """Of a test mail: the issue as it stood when the test was asked for.

    `hash` is that of the issue; `reader_id` the reader whose mail the test shows, if any.
    """

    __test__ = False  # the name would make pytest collect it

    issue: int
    variant: str = "all"
    hash: str
    reader_id: int | None = Field(default=None, alias=READER_KEY)


class ConfirmationPayload(Payload):
    """Of a confirmation request: the token that its link confirms."""

    token_id: int


class NoticePayload(Payload):
    """Of a notice to the editor: its text."""

    title: str
    paragraphs: list[str]


def issue_number(mailing: Mailing) -> int | None:
    """The number of the issue that a mailing carries or tests; None for other kinds."""
    if mailing.kind == MailingKind.ISSUE:
        return IssuePayload.of(mailing).issue
    return TestPayload.of(mailing).issue if mailing.kind == MailingKind.TEST else None
