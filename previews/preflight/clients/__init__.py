"""Mail programs: what breaks in which of them."""
