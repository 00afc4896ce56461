"""Mail programs: what in a message breaks in which of them."""
