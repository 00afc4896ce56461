"""Content: whether the issue says what it should, and nothing it should not."""
