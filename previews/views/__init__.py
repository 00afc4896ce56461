"""What mail clients make of a message, as pure functions over its final bytes.

Each is an approximation of documented behaviour, not a client: it shows what may
break, and `docs/editor.md` says how far to trust it.
"""
