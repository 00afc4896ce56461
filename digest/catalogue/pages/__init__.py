"""Reading comparison pages: text in two layouts, and JSON."""
