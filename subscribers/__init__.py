"""Who gets the mail: addresses, consent, subscriptions, suppression, audience.

This package knows nothing of issues, schedules or SMTP. Its functions take a database
session, a keyring and an instant. None of them commits; the caller owns the transaction.
"""
