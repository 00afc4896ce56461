"""Preflight: finding mistakes in the exact bytes that would be sent.

Each check is a small pure function from a `RenderedMessage` (one variant, parsed) and the
`Facts` (what the issue should say, as plain values) to `Finding`s. Checks that need the network
or another program are in `links.online` and `deliverability`. `docs/preflight.md` lists every
code.
"""
