"""Links: whether each leads where it should, on paper and (if asked) on the network."""
