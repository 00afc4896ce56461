"""Which networks an IP address belongs to, for limits that one person must not walk around."""

from ipaddress import ip_address, ip_network

# A household or server usually holds a whole /64, a customer a /56, a business or a tunnel a /48.
IPV6_BITS = (64, 56, 48)


def networks_of(ip: str | None) -> tuple[str, ...]:
    """The IPv4 address, or the IPv6 networks, the smallest first; empty if it is unknown."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return ()
    if address.version == 4:
        return (str(address),)
    if address.ipv4_mapped:
        return (str(address.ipv4_mapped),)
    return tuple(str(ip_network((address.packed, bits), strict=False)) for bits in IPV6_BITS)
