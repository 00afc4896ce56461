"""Deliverability: what spam filters make of it, and whether DNS vouches for the sender."""
