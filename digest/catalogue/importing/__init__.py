"""Importing pages: attribute takes, merge pages, plan the changes, write them."""
