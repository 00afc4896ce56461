"""Use cases of comparisons: import, list, show, export, edit, withdraw and restore."""
