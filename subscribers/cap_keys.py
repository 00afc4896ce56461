"""Which addresses end in one mailbox, as far as the address tells. Only caps ask for it.

Never an identity: two addresses are two readers, even of one person.
"""

from subscribers.address import EmailAddress
from subscribers.keys import Keyring

DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def mailbox_of(address: EmailAddress) -> str:
    """The address without its +tag, and at Gmail without dots: `ann@gmail.com`."""
    local, _, domain = address.normalised.rpartition("@")
    base = local.partition("+")[0] or local
    if domain in DOTLESS:
        base, domain = base.replace(".", "") or base, "gmail.com"
    return f"{base}@{domain}"


def mailbox_hash(keyring: Keyring, address: EmailAddress) -> str:
    """The keyed hash by which a mailbox is counted."""
    return keyring.address_hash(f"mailbox\0{mailbox_of(address)}")


def origin_hash(keyring: Keyring, network: str) -> str:
    """The keyed hash by which a network is counted; its address is not kept."""
    return keyring.address_hash(f"network\0{network}")
