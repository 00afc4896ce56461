"""Each sender is a process of its own that sends a number of messages and prints what it took."""
