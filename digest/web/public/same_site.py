"""Whether a form was sent from a page of our own, as browsers tell it.

There is no cookie to protect. But a page elsewhere could make its visitors sign up victims,
each from a network of their own, past every limit by network.
"""

from urllib.parse import urlsplit

from fastapi import Request

from digest.settings import Settings

OURS = frozenset({"same-origin", "same-site", "none"})


def is_from_elsewhere(request: Request, settings: Settings) -> bool:
    """By Sec-Fetch-Site (W3C Fetch Metadata), or by Origin where a browser sends only that.

    Programs that are no browsers send neither, and are none of its business.
    """
    origin = request.headers.get("origin", "")
    if origin.rstrip("/").lower() in _listed(settings.signup_origins):
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in OURS
    host = urlsplit(origin).netloc
    return bool(host) and host not in {
        urlsplit(settings.public_url).netloc,
        request.headers.get("host", ""),
    }


def _listed(origins: str) -> frozenset[str]:
    found = (item.strip().rstrip("/").lower() for item in origins.split(","))
    return frozenset(item for item in found if item)
