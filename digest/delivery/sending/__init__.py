"""Sending: a worker, its pools of lanes, and what feeds them."""
