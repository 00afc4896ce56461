"""The checks that leave the process, made on request only: links, DNS and spam filters."""

import asyncio
from collections.abc import Awaitable, Sequence

from digest.app import App
from digest.domains.dns_client import DnsClient
from digest.errors import DigestError
from digest.rendering.message.dkim import read_keys
from digest.services.installation.doctor.check_dns import SenderIdentity, check_dns
from digest.services.installation.doctor.check_result import CheckResult
from digest.services.sender_details import domain_of, return_path_of
from previews.preflight.deliverability.authentication import (
    NOT_LOOKED_UP,
    UNAUTHENTICATED,
    WEAKLY_AUTHENTICATED,
)
from previews.preflight.deliverability.spam_filters import ask_spam_filters
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace
from previews.preflight.links.addresses import links_of
from previews.preflight.links.online import DEAD, LOOP, NOT_CHECKED, PRIVATE, follow_links
from previews.preflight.rendered_message import RenderedMessage

SECONDS = 60.0
ASKING = frozenset({DEAD.code, PRIVATE.code, LOOP.code, UNAUTHENTICATED.code})
UNANSWERED = frozenset({NOT_CHECKED.code, NOT_LOOKED_UP.code})

Found = list[tuple[str, Finding]]


async def ask_network(
    app: App,
    sender: str,
    messages: Sequence[RenderedMessage],
    facts: Facts,
    seconds: float = SECONDS,
) -> Found:
    """Follow every link, and look up the sender's domain in DNS.

    The reader's own links are left out, and the issue's page, which is published only when the
    issue is sent. What takes longer than `seconds` is reported as not checked.
    """
    page = f"{facts.public_url}/issues/{facts.number}"
    seen = {facts.unsubscribe_url, facts.preferences_url, page}
    variants: list[str] = []
    asking: list[Awaitable[list[Finding]]] = []
    for message in messages:
        links = [link for link in links_of(message) if link.address not in seen]
        seen |= {link.address for link in links}
        variants.append(message.variant)
        asking.append(follow_links(links, seconds=seconds))
    answers = await asyncio.gather(*asking, _authentication(app, sender, seconds))
    return [
        (variant, finding)
        for variant, findings in zip((*variants, ""), answers, strict=True)
        for finding in findings
    ]


async def ask_filters(messages: Sequence[RenderedMessage]) -> Found:
    """Run SpamAssassin and rspamd on each variant that is an email."""
    found: Found = []
    for message in messages:
        if message.is_email:
            _, findings = await ask_spam_filters(message.raw)
            found += [(message.variant, finding) for finding in findings]
    return found


async def _authentication(app: App, sender: str, seconds: float) -> list[Finding]:
    """SPF, DKIM and DMARC of the edition's sender; `digest doctor` checks the return path."""
    try:
        domain = domain_of(sender)
        return_domain = return_path_of(app.settings).domain if app.settings.return_path else domain
        keys = read_keys(app.settings.dkim_keys)
    except DigestError as trouble:
        return [UNAUTHENTICATED.found(str(trouble), FindingPlace("network", "DNS"))]
    try:
        async with asyncio.timeout(seconds):
            checks = await check_dns(SenderIdentity(domain, return_domain, keys), DnsClient())
    except TimeoutError:
        return [NOT_LOOKED_UP.found("DNS: no answer in time", FindingPlace("network", "DNS"))]
    return [_finding(check) for check in checks if check.level != "ok" and check.name != "bounces"]


def _finding(check: CheckResult) -> Finding:
    rules = {"error": UNAUTHENTICATED, "warning": WEAKLY_AUTHENTICATED}
    rule = rules.get(check.level, NOT_LOOKED_UP)
    return rule.found(f"{check.name}: {check.message}", FindingPlace("network", check.name))
