"""Puts this folder on the path, for the tests in the folders below it."""
