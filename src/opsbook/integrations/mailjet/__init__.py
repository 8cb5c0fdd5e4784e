"""Mailjet: mail by API."""

NAME = "Mailjet"
KIND = "integration"
