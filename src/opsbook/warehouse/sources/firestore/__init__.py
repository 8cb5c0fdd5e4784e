"""The platform's own collections: which there are, how their documents are read, how they are kept up to date.

`collections` lists them, `reading` holds the rules for old and broken fields, `rows` makes canonical rows, `sweep` asks
for what is new, `place` remembers how far it came, `sync` brings it together.
"""

from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.firestore.sync import sync

__all__ = ["Synced", "sync"]
