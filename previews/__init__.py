"""Checks and views of finished messages, before they are sent.

`markup` parses HTML and CSS, `views` imitates mail clients, `preflight` finds mistakes. The package
knows nothing of issues or readers: it takes rendered bytes and plain values.
"""
