"""Each sender is a process that sends a number of messages and prints its measurement."""
