"""Firestore: the document store of the platform."""

NAME = "Firestore"
KIND = "platform"
