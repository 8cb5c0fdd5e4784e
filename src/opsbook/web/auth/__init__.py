"""Who may come in. `bearer` compares secrets, `gate` stands before every route, `persons` tells
who decides.

May lean on `settings` and the sdk. To add another proof of identity, write its module and let `gate` ask it.
"""
