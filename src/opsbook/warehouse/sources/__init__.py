"""Sources: what the platform keeps elsewhere, read into the canonical tables. One folder a source.

A source reads a store of documents (`sdk/documents.py`) that it is handed, or a database that the settings declare,
makes rows, and loads them through `Warehouse.load` like a file. What all of them need lies here: `_place` keeps how far
they came, `_synced` is what they tell. May lean on the warehouse, records, playbooks and sdk; a source never imports
another one. To add one, make a folder with its reading rules and a `sync`.
"""
