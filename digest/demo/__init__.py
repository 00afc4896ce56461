"""The demonstration: two weeks of a newsletter in a minute, on real SMTP and real pages."""
