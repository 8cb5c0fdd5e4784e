"""Letta: the memory of agents. `actions.py` keeps notes in its archives, where the settings switch that on."""

NAME = "Letta"
KIND = "platform"
