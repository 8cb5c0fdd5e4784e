"""The contracts that a plug-in leans on: steps, tools, integrations, effects, errors, the clock and the one way out.

Nothing here knows any other room of the house, and every other room may lean on it. A new contract is a new
module named after the thing it describes; an implementation never lives here.
"""
