"""Google Drive: the files of the account."""

NAME = "Google Drive"
KIND = "integration"
