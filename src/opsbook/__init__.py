"""opsbook runs the operations of a SaaS platform from playbooks."""

__version__ = "0.1.0"
