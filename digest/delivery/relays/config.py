"""The configuration of relays as types; `config_file` reads it. Nothing here is a secret."""

import math
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from digest.delivery.relay_address import RelayAddress
from subscribers.address import EmailAddress, InvalidAddress

Count = Annotated[int, Field(ge=1)]
PerSecond = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


def _as_on_the_wire(domain: str) -> str:
    try:
        return EmailAddress.parse(f"x@{domain}").domain
    except InvalidAddress:
        raise ValueError("is not a domain such as gmail.com") from None


Domain = Annotated[str, AfterValidator(_as_on_the_wire)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DomainLimits(_Strict):
    """Limits of one relay towards one recipient domain. None means no limit of its own."""

    connections: Count | None = None
    per_second: PerSecond | None = None
    per_hour: Count | None = None


class WarmUp(_Strict):
    """How many messages a new relay may send on each of its first days, in UTC.

    Either `first_day` and `factor`, growing up to the relay's `per_day`; or `days`, one
    number for each day, after which `per_day` holds.
    """

    start: date
    first_day: Count | None = None
    factor: float = Field(1.5, gt=1, le=10)
    days: tuple[Count, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _one_plan(self) -> Self:
        if (self.first_day is None) == (not self.days):
            raise ValueError("give either first_day (and factor) or days")
        return self

    def allowed(self, day: date, per_day: int | None) -> int | None:
        """How many may go on a UTC date; none before the start. None means no limit."""
        number = (day - self.start).days
        if number < 0:
            return 0
        if number < len(self.days):
            return _least(self.days[number], per_day)
        if self.first_day is None or per_day is None:
            return per_day
        # In logarithms: after some years the power itself would overflow.
        if number * math.log(self.factor) >= math.log(per_day / self.first_day):
            return per_day
        return int(self.first_day * self.factor**number)


class RelayLimits(_Strict):
    """One relay's name, weight and limits; None means no limit."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")
    weight: int = Field(1, ge=0, le=1000, description="0: stands by until all others are out.")
    connections: int = Field(4, ge=1, le=100, description="Of each worker.")
    messages_per_connection: Count | None = None
    per_second: PerSecond | None = None
    per_hour: Count | None = None
    per_day: Count | None = None
    each_domain: DomainLimits | None = None
    domains: dict[Domain, DomainLimits] = Field(default_factory=dict)
    warm_up: WarmUp | None = None

    @model_validator(mode="after")
    def _grows_to_something(self) -> Self:
        if self.warm_up and self.warm_up.first_day and self.per_day is None:
            raise ValueError("warm_up grows to per_day; set per_day")
        return self

    def towards(self, domain: str) -> DomainLimits | None:
        """The limits towards a domain: its own entry, or those of `each_domain`."""
        return self.domains.get(domain, self.each_domain)

    def allowed_on(self, day: date) -> int | None:
        """How many may go on a UTC date, according to `per_day` and the warm-up plan."""
        return self.warm_up.allowed(day, self.per_day) if self.warm_up else self.per_day

    @property
    def has_quota(self) -> bool:
        """Whether messages are counted by the hour or the day."""
        return bool(self.per_hour or self.per_day or self.warm_up)


class RelayConfig(RelayLimits):
    """A relay ready for use: its limits and its address."""

    address: RelayAddress


def _least(first: int, second: int | None) -> int:
    return first if second is None else min(first, second)
