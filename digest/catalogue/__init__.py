"""The catalogue: tools with their panels and reviews, comparisons, and verdict revisions."""
