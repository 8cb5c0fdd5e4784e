"""Firebase Auth: the sign-in of the platform."""

NAME = "Firebase Auth"
KIND = "platform"
