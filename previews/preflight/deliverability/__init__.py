"""Deliverability: spam filters, and the authentication of the sender in DNS."""
