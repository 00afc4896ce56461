"""What stops a worker from doing harm: its lock, the clock, and the room on the disk."""
