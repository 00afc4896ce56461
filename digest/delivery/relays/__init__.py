"""Which relay takes which message, and when: configuration, limits, health, shares."""
