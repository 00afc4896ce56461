"""What there is to say: tools, their panels, comparisons and verdict revisions."""
