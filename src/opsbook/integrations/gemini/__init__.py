"""Gemini: the second model that writes."""

NAME = "Gemini"
KIND = "platform"
