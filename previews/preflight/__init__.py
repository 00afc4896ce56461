"""Preflight: mistakes found on the very bytes that would be sent, before they are.

Each check is a small pure function from a `Letter` (one variant, parsed) and the
`Facts` (what the issue is meant to say, as plain values) to `Finding`s. What needs
the network or another program stands apart, in `links.online` and `deliverability`.
`docs/preflight.md` lists every code.
"""
