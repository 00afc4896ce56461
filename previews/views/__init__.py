"""How mail clients show a message: pure functions over its final bytes.

Each approximates documented behaviour and shows what may break. `docs/editor.md` says how far
to trust it.
"""
