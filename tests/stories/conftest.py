"""The real servers that stories meet."""

from peers.mail import certificate, mailbox
from peers.slack import slack_peer

__all__ = ["certificate", "mailbox", "slack_peer"]
