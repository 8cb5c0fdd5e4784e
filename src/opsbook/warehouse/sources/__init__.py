"""Sources: what the platform keeps elsewhere, read into the canonical tables. One folder a source.

A source reads a store of documents (`sdk/documents.py`) or a feed (`sdk/feeds.py`) that it is handed, or a database
that the settings declare, makes rows, and loads them through `Warehouse.load` like a file. What they share lies here:
`_place` keeps how far they came, `_synced` is what they tell, `_fields` reads records of others, `_drift` tells how
these change. `_feeds` with `_feed_place` carries a whole sync of a feed, whose source says only how a record becomes a
row. May lean on the warehouse, records, playbooks and sdk; a source never imports another one. To add one, make a
folder with its reading rules and a `sync`; for a feed its `Records` are enough.
"""
