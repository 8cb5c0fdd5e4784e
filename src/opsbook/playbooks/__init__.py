"""The language: what a playbook is, how its text is read, checked, written and compared. Pure: no I/O but reading text.

May lean on `sdk` only. `model` is the checked document, `fields` the vocabulary of which step types build their own
grammar, `catalog` what a deployment knows (step types, tools, agents), `load` reads text, `validate` finds problems
before anything runs, `expressions` is the one expression language, `importers` reads other dialects.
To add a dialect, write a module under `importers/`; to add a method of expressions, write it into its type's table.
"""
