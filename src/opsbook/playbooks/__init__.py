"""The language: what a playbook is, how its text is read, checked, written and compared. Pure: no I/O but reading text.

May lean on `sdk` only. `model` is the checked document, `fields` the vocabulary of which step types build their own
grammar, `catalog` what a deployment knows (step types, tools, agents), `names` what every run can read. `text` makes
nodes of a text, `load` a checked document of it, `validate` finds problems before anything runs, `format` writes the
canonical text, `diff` compares by meaning, `schema` publishes the JSON Schema. `expressions` is the one expression
language, `importers` reads other dialects, `suite` holds the playbooks that come with the product. To add a check, a
dialect or a playbook, see those rooms; a new key of the document goes into `model` and docs/reference/playbook.md.
To add a dialect, write a module under `importers/`; to add a method of expressions, write it into its type's table.
"""
