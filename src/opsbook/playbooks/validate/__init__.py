"""The meaning of a playbook, checked before anything runs. Pure; finds every problem, in document order.

`shape` tells what is wrong with keys and kinds of values, `uses` with tools, agents and channels, `names` with what
expressions read, `order` with steps that can never run or may not stand where they stand. `annotations` says what each
place of a document is. To add a check, write it in the file whose question it answers, with a line in the table of bad
documents of the tests.
"""
