"""Letta: the memory of agents."""

NAME = "Letta"
KIND = "platform"
