"""The demonstration: two weeks of a newsletter in a minute, with real SMTP and real pages."""
