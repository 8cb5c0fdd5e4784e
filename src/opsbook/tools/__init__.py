"""The tools that steps and agents may call, one file a family, and the gateway they are called through.

May lean on inbox, effects, warehouse, integrations, records, playbooks and sdk; a family never imports another one.
To add a tool, write a `ServedTool` into its family's file (or a new file) and list it in `TOOLS` there: name, effect
class, summary, `Args`, `run`, and `preview` unless it is a `read`. What costs to import (DuckDB, SQLAlchemy) stays
under `TYPE_CHECKING`: a playbook is checked against these classes without any of it. Files whose names begin with
an underscore are shared pieces; `gateway` and `snapshotting` are no families either.
"""
