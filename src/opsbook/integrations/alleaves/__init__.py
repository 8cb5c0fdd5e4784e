"""Alleaves POS: orders and stock of the shops."""

NAME = "Alleaves POS"
KIND = "integration"
