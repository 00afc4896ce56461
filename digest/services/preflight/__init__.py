"""Preflight of an issue: gathering what is to be checked, checking it, and barring the way."""
