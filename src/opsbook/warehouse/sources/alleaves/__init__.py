"""Alleaves' orders. It documents none of their fields: `orders` makes rows of those that the settings declare."""
