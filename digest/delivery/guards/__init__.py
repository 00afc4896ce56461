"""What keeps a worker from doing harm: its lock, the clock, room on the disk."""
