"""Digest: a self-hosted newsletter engine that accounts for every reader of every issue."""

__version__ = "0.1.0"
