"""Databases of others, read by queries that the settings declare.

`declared` checks the declarations, `database` opens and limits, `words` puts what it says into ours. `statements` puts
a declared query into one of ours, `shape` compares its columns with the table's and with those of the last time,
`bounds` says from where on, `cells` makes rows, `reading` carries a reading through, `place` remembers how far it came,
`sync` brings it together. SQLAlchemy is imported by `database`, `statements` and `words` alone, and only when a source
is read.
"""
