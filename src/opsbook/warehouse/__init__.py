"""The warehouse: the platform's data in canonical tables, and the figures made of it.

`tables` declares the tables, `loading` brings files into them, `metrics/*.sql` holds the figures, one idea a file, and
a small module over them gives each family of figures its plain values. `sources` reads what the platform keeps
elsewhere into the tables, one folder a source. May lean on records, playbooks and sdk; only
this room imports DuckDB, and only when a warehouse is opened or loaded.
To add a figure, write `metrics/<name>.sql` with its header (definition, unit, source, parameters) and call it by that
name; to add a column, declare it in `tables.py` and run `make docs`.
"""

from opsbook.warehouse.report import LoadReport
from opsbook.warehouse.store import Warehouse

__all__ = ["LoadReport", "Warehouse"]
