"""What goes in: selection with reasons, editing, approval, freezing."""
