"""Links: whether each leads where it should, as written and (on request) on the network."""
