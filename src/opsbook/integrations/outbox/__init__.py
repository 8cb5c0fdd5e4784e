"""Outbox: mail as files in a folder, for a deployment that is tried out before it has a mail server."""

NAME = "Outbox (files)"
KIND = "delivery"
