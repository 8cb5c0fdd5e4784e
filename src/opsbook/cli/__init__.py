"""The command line: one file a verb, found by its name. Files whose names begin with an underscore are not verbs.

May lean on everything. To add a verb, write `cli/<verb>.py` with a docstring (its first line is the help) and a
`verb` made by Typer; nothing else names it.
"""
