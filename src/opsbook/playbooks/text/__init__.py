"""Text to nodes: strict YAML and JSON, with the place of every value. Knows nothing of playbooks.

`reader` makes nodes of a text and refuses what is more than plain data, `nodes` says where each stands, `scalars` what
a plain word means. Leans on `sdk` only.
"""
