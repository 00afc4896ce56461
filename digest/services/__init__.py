"""What people and the clock set in motion: each flow joins the packages below it.

Flows know nothing of HTTP or of the command line. Each takes the `App`, and
does its work in one transaction where it changes more than one thing.
"""
