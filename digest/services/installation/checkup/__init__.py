"""What `digest doctor` looks into."""
