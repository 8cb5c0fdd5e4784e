"""HubSpot: contacts and companies."""

NAME = "HubSpot"
KIND = "integration"
