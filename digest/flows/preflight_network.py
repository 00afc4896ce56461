"""The parts of preflight that leave the process: links, DNS, spam filters. Only when asked."""

from collections.abc import Sequence
from email.utils import parseaddr

from digest.app import App
from digest.domains.names import Names
from digest.errors import DigestError
from digest.flows.checks import Check
from digest.flows.checkup_dns import Sending, check_dns
from digest.flows.sites import domain_of, site_of
from digest.rendering.dkim import read_keys
from previews.preflight.deliverability.domains import (
    NOT_LOOKED_UP,
    UNAUTHENTICATED,
    WEAKLY_AUTHENTICATED,
)
from previews.preflight.deliverability.spam_filters import judged
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Place
from previews.preflight.letter import Letter
from previews.preflight.links.addresses import links_of
from previews.preflight.links.online import follow
from schedules.tables import Edition

Found = list[tuple[str, Finding]]


async def ask_network(app: App, edition: Edition, letters: Sequence[Letter], facts: Facts) -> Found:
    """Every link, but for the reader's own, and what DNS says of the sender."""
    own = {facts.unsubscribe_url, facts.preferences_url}
    found: Found = []
    seen: set[str] = set()
    for letter in letters:
        links = [link for link in links_of(letter) if link.address not in own | seen]
        seen |= {link.address for link in links}
        found += [(letter.variant, finding) for finding in await follow(links)]
    return found + [("", finding) for finding in await _authentication(app, edition)]


async def ask_filters(letters: Sequence[Letter]) -> Found:
    """SpamAssassin and rspamd on each variant that is a mail."""
    found: Found = []
    for letter in letters:
        if letter.is_mail:
            _, findings = await judged(letter.raw)
            found += [(letter.variant, finding) for finding in findings]
    return found


async def _authentication(app: App, edition: Edition) -> list[Finding]:
    """SPF, DKIM and DMARC of the edition's sender; the bounces are the doctor's matter."""
    try:
        domain = domain_of(site_of(app.settings, edition).sender)
        keys = read_keys(app.settings.dkim_keys)
    except DigestError as trouble:
        return [UNAUTHENTICATED.found(str(trouble), Place("network", "DNS"))]
    return_domain = parseaddr(app.settings.return_path or "")[1].rpartition("@")[2] or domain
    checks = await check_dns(Sending(domain, return_domain, keys), Names())
    return [_finding(check) for check in checks if check.level != "ok" and check.name != "bounces"]


def _finding(check: Check) -> Finding:
    rules = {"error": UNAUTHENTICATED, "warning": WEAKLY_AUTHENTICATED}
    rule = rules.get(check.level, NOT_LOOKED_UP)
    return rule.found(f"{check.name}: {check.message}", Place("network", check.name))
