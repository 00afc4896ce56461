"""Digest: a self-hosted newsletter engine that never loses or doubles a mail."""

__version__ = "0.1.0"
