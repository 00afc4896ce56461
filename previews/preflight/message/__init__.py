"""The message on the wire: what RFCs and mailbox providers ask of its bytes."""
