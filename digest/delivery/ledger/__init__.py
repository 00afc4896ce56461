"""The ledger: what is written of each delivery, on what conditions, and how it is made good."""
