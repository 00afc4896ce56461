"""Look before it goes: written previews and screenshots of finished messages.

Knows nothing of issues or readers: it takes rendered bytes and a folder.
"""
