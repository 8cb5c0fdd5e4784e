"""Aeropay: bank payments."""

NAME = "Aeropay"
KIND = "integration"
