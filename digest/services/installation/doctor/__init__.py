"""The checks behind `digest doctor`."""
