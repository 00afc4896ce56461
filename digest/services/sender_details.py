"""The sender's side of a message, from the settings and the edition."""

from digest.app import App
from digest.delivery.ledger.message_ids import MessageIdMaker
from digest.delivery.relays.config_file import relays_of
from digest.delivery.states import Route
from digest.errors import Misconfigured
from digest.rendering.content.issue_content import Site
from digest.settings import Settings
from schedules.tables import Edition
from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox


def site_of(settings: Settings, edition: Edition | None = None) -> Site:
    """Who sends, and where the pages are. An edition's own sender overrides the setting."""
    return Site(
        public_url=settings.public_url,
        sender=(edition and edition.sender) or settings.sender,
        reply_to=edition.reply_to if edition else None,
        postal_address=settings.postal_address,
        site_name=settings.site_name,
    )


def sending_domain(site: Site) -> str:
    """The domain of the From address, as an A-label; raises `Misconfigured`."""
    return domain_of(site.sender)


def domain_of(sender: str) -> str:
    """The domain of `Name <address>`, as an A-label; raises `Misconfigured`."""
    return _parsed(sender, "DIGEST_SENDER").domain


def return_path_of(settings: Settings) -> Mailbox:
    """Where bounces return: DIGEST_RETURN_PATH, or bounces@ the sender's domain."""
    if settings.return_path:
        return _parsed(settings.return_path, "DIGEST_RETURN_PATH")
    return Mailbox("", f"bounces@{sending_domain(site_of(settings))}")


def _parsed(text: str, setting: str) -> Mailbox:
    try:
        return Mailbox.parse_sender(text)
    except InvalidMailbox as error:
        raise Misconfigured(f"{setting}: {text!r} {error}") from None


def new_message_id_key(site: Site) -> str:
    """What the Message-IDs of one mailing of this sender are made with, as the mailing keeps it."""
    return str(MessageIdMaker.new(sending_domain(site)))


def reaches_relay(app: App) -> bool:
    """Whether mail for a relay is sent: by this process, or by another one that is running."""
    return bool(relays_of(app.settings)) or app.relay_elsewhere()


def transactional_route(settings: Settings) -> Route:
    """Where transactional messages go: the relay, or the inbox if none is configured."""
    return Route.RELAY if relays_of(settings) else Route.INBOX
