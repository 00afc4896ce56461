"""What starts work: a ticker in this process, or Procrastinate where the store is PostgreSQL.

Neither knows what is due. The slots in the database say what the calendar needs, and the
ledger says what is to be sent; an engine only makes sure that somebody looks soon. A
wake-up or a job that is late, lost or doubled does no harm.
"""
