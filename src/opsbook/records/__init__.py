"""What happened, in SQL: tables, one repository for each noun, queries for the pages, migrations.

May lean on `playbooks` and `sdk`. The only room that knows SQLAlchemy. A repository is a module named after its noun
that takes a `Store`; a new table goes into the file of its family under `tables/` and gets a migration.
"""
