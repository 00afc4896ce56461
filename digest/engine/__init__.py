"""What sets things in motion: an in-process ticker, or Procrastinate where the store is PostgreSQL.

Neither knows what is due. The calendar's truth is the slots, that of sending the
ledger; an engine only sees to it that somebody looks soon. A wake-up or a job that
is late, lost or doubled does no harm.
"""
