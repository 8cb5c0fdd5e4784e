"""Blackleaf SMS: text messages."""

NAME = "Blackleaf SMS"
KIND = "integration"
