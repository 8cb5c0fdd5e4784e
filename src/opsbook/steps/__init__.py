"""The step types, one file each: its name is the `type` in a playbook, `Fields` its own keys, `STEP` its behaviour.

May lean on agents, tools, inbox, effects and everything below; a step type never imports another one. To add one, write
the file: nothing else names it. Files whose names begin with an underscore are not step types.
"""
