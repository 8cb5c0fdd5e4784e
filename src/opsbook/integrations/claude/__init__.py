"""Claude: the first model that writes."""

NAME = "Claude"
KIND = "platform"
