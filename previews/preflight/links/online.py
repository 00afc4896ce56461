"""Following each link on the network: only on request, limited in time and number."""

import asyncio
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin

from previews.preflight.finding import Finding, FindingPlace, error, warning
from previews.preflight.links.addresses import Link, is_private, split
from previews.preflight.links.fetching import Fetcher, Offline, PrivateAddress, Unreachable

MOST_REDIRECTS = 5
AT_ONCE = 6
DEADLINE = 60.0
REFUSES_ROBOTS = (401, 403, 405, 406, 429, 503, 999)

DEAD = error(
    "LNK-030",
    "A link is dead",
    "The server reports that the page does not exist, or the host name does not exist.",
    "Correct the address, or remove the link.",
)
REDIRECTS = warning(
    "LNK-031",
    "A link redirects",
    "It works; the page may have moved permanently.",
    "Use the final address if the move is permanent.",
)
PRIVATE = error(
    "LNK-032",
    "A link's host name resolves to a private network",
    "It works for nobody outside, so no request was made.",
    "Link to a public address.",
)
NOT_CHECKED = warning(
    "LNK-033",
    "A link was not checked",
    "Its target is unknown: no network here, no answer in time, or a server that rejects robots.",
    "Open it yourself, or check again where there is a network.",
)
LOOP = error(
    "LNK-034",
    "A link redirects in circles",
    f"After {MOST_REDIRECTS} redirects it had led nowhere.",
    "Use the final address.",
)


async def follow_links(
    links: Iterable[Link], fetcher: Fetcher | None = None, *, seconds: float = DEADLINE
) -> list[Finding]:
    """Follow each web address once, and report what is wrong.

    Addresses not reached within `seconds` are reported as not checked. Those on this machine or
    a private network are skipped; `addresses` reports them.
    """
    once = {link.address: link for link in links if _is_public(link.address)}
    fetcher = fetcher or Fetcher(at_once=AT_ONCE)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(link: Link) -> Finding | None:
        async with gate:
            return await _follow(link, fetcher)

    tasks = [asyncio.create_task(one(link)) for link in once.values()]
    if not tasks:
        return []
    done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await fetcher.close()
    found = [task.result() for task in done]
    found += [
        _not_checked(link.place, f"{link.address}: no answer in time")
        for task, link in zip(tasks, once.values(), strict=True)
        if task in late
    ]
    return [finding for finding in found if finding]


async def _follow(link: Link, fetcher: Fetcher) -> Finding | None:
    hops = [link.address]
    try:
        while len(hops) <= MOST_REDIRECTS + 1:
            status, onward = await _status(hops[-1], fetcher)
            if onward is None:
                return _verdict(link, hops, status)
            hops.append(onward)
    except PrivateAddress as problem:
        return PRIVATE.found(str(problem), link.place)
    except Offline as problem:
        return _not_checked(link.place, f"{link.address}: {problem}")
    except Unreachable as problem:
        if "does not exist" in str(problem):
            return DEAD.found(f"{hops[-1]}: {problem}", link.place)
        return _not_checked(link.place, f"{hops[-1]}: {problem}")
    except ValueError as problem:
        return _not_checked(link.place, f"{hops[-1]} redirects to an invalid address: {problem}")
    return LOOP.found(" → ".join(hops[:3]) + " → …", link.place)


async def _status(url: str, fetcher: Fetcher) -> tuple[int, str | None]:
    """The status and redirect target of HEAD, or of GET if HEAD fails."""
    answer = await fetcher.ask("HEAD", url)
    if answer.status >= 400:
        answer = await fetcher.ask("GET", url)
    if 300 <= answer.status < 400 and answer.location:
        return answer.status, urljoin(url, answer.location)
    return answer.status, None


def _verdict(link: Link, hops: Sequence[str], status: int) -> Finding | None:
    if status in REFUSES_ROBOTS:
        return _not_checked(link.place, f"{hops[-1]}: answers {status} to programs")
    if status >= 400:
        return DEAD.found(f"{hops[-1]}: answers {status}", link.place, needle=link.address)
    if len(hops) > 1:
        return REDIRECTS.found(" → ".join(hops), link.place, needle=link.address)
    return None


def _not_checked(place: FindingPlace, detail: str) -> Finding:
    return NOT_CHECKED.found(detail, place)


def _is_public(address: str) -> bool:
    parts = split(address)
    return bool(
        parts
        and parts.scheme.lower() in ("http", "https")
        and parts.hostname
        and not is_private(parts.hostname)
    )
