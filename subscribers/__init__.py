"""Who is written to: addresses, consent, subscriptions, suppression, audience.

Knows nothing of issues, schedules or SMTP: its functions take a database
session, a keyring and an instant. Nothing here commits; the caller owns the
transaction.
"""
