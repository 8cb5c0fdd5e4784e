"""Slack: messages to a channel."""

NAME = "Slack"
KIND = "delivery"
