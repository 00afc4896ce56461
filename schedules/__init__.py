"""When an edition goes out: cadence, slots, catch-up and the ticker.

Knows nothing of issues, readers or SMTP: its functions take a database session
and an instant. Nothing here commits; the caller owns the transaction.
"""
