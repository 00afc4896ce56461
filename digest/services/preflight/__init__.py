"""Preflight of an issue: reading its input, checking it, and blocking what has errors."""
