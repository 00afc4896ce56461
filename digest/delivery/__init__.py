"""How mail leaves: the ledger, its states, and the transports that carry it out."""
