"""How messages leave: SMTP. A new transport must pass `tests/contract/test_transports.py`."""
