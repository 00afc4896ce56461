"""Relays: their configuration and limits, their health, and which one takes the next message."""
