"""Gmail: the mailbox of the account."""

NAME = "Gmail"
KIND = "integration"
