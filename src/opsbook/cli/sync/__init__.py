"""Bring the warehouse up to date with what the platform keeps, or the platform with what is kept here."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
