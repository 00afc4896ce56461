"""The rows of readers. Tables do not validate; input is parsed before it gets here."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import AutoString, Field, SQLModel

from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason


class Subscriber(SQLModel, table=True):
    """A reader: a person with an address; after erasure only the keyed hash remains."""

    id: int | None = Field(default=None, primary_key=True)
    address: str | None = Field(
        default=None, description="The wire form that mail goes to; None after erasure."
    )
    normalised: str | None = Field(
        default=None,
        unique=True,
        description="Identifies the reader; guards against a lost hash key.",
    )
    address_hash: str = Field(
        unique=True,
        description="HMAC of the normalised address; of a reader who never confirmed and was "
        "deleted, nothing but a number.",
    )
    created_at: datetime
    erased_at: datetime | None = None


class Subscription(SQLModel, table=True):
    """One reader and one edition, named by its slug."""

    __table_args__ = (
        UniqueConstraint("subscriber_id", "edition"),
        Index("ix_subscription_edition_state", "edition", "state", "subscriber_id"),
        Index(
            "ix_subscription_requested_at",
            "requested_at",
            sqlite_where=text("requested_at IS NOT NULL"),
            postgresql_where=text("requested_at IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    edition: str
    state: SubscriptionState = Field(default=SubscriptionState.PENDING, sa_type=AutoString)
    confirmed_at: datetime | None = Field(
        default=None, description="When the reader confirmed; None where consent was imported."
    )
    ended_at: datetime | None = Field(
        default=None,
        description="When the reader last left; None after confirming again. "
        "No import changes a row with it.",
    )
    requested_at: datetime | None = Field(
        default=None,
        description="When the reader, or somebody with their address, last asked for it by a "
        "sign-up that is not confirmed; None where nobody waits for that.",
    )


class ConsentEvent(SQLModel, table=True):
    """One entry of the append-only consent log."""

    __tablename__ = "consent_event"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    edition: str | None = Field(default=None, description="None for all editions.")
    kind: ConsentKind = Field(sa_type=AutoString)
    at: datetime
    source: str = Field(
        description="Where it came from: an actor, or the origin of an imported file."
    )
    wording: str | None = Field(default=None, description="The version of the wording agreed to.")
    ip: str | None = None


class ConfirmationToken(SQLModel, table=True):
    """The link of a sign-up that waits for confirmation. The token itself is never stored.

    It is derived from `nonce` with the secret key when the mail is written, so a copy of
    the database is not enough to confirm anybody.
    """

    __tablename__ = "confirmation_token"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    edition: str
    domain: str = Field(description="The domain of the address, for its cap; empty after erasure.")
    mailbox: str = Field(
        default="",
        index=True,
        sa_column_kwargs={"server_default": ""},
        description="Keyed hash, for the mailbox's cap; empty once no cap counts it.",
    )
    origin: str | None = Field(
        default=None, description="Keyed hash of the network that asked; None: an editor."
    )
    nonce: str = Field(description="128 random bits, hex.")
    token_hash: str = Field(unique=True, description="SHA-256 of the token, hex.")
    created_at: datetime = Field(index=True)
    expires_at: datetime
    used_at: datetime | None = None


class SignupRequest(SQLModel, table=True):
    """A sign-up that nobody has looked at yet, or whose mail waits for a cap."""

    __tablename__ = "signup_request"

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(description="The wire form.")
    address_hash: str = Field(index=True)
    edition: str
    source: str
    wording: str
    ip: str | None = Field(default=None, description="Only where consent events keep it too.")
    origin: str | None = Field(default=None, description="As that of a confirmation token.")
    requested_at: datetime
    due_at: datetime = Field(index=True)
    waits_for: str | None = Field(default=None, description="The cap that holds its mail back.")


class SignupCount(SQLModel, table=True):
    """How many sign-ups of one day, in UTC, came to one end."""

    __tablename__ = "signup_count"

    day: date = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    count: int


class Suppression(SQLModel, table=True):
    """An address that must not be mailed, by its keyed hash; in force until lifted."""

    __table_args__ = (
        Index(
            "ix_suppression_in_force",
            "address_hash",
            "reason",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    address_hash: str
    reason: SuppressionReason = Field(sa_type=AutoString)
    at: datetime
    source: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None
