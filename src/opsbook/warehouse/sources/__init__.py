"""Sources: what the platform keeps elsewhere, read into the canonical tables. One folder a source.

A source reads pages from a store of documents (`sdk/documents.py`) that it is handed, makes canonical rows of them, and
loads them through `Warehouse.load` like a file. May lean on the warehouse, records, playbooks and sdk; a source never
imports another one. To add one, make a folder with its collections, its reading rules and a `sync`.
"""
