"""When an edition goes out: cadence, slots, catch-up and the ticker.

Knows nothing of issues, readers or SMTP. Its functions take a database session and the
present instant; the caller owns the transaction and commits it.
"""
