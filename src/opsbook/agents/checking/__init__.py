"""Checks a text against the facts of a run: what it claims and no fact carries does not leave.

`claims` finds what a text claims (figures, amounts, shares, lengths of time, dates, statuses, names, addresses),
`numbers` reads figures as people write them, `dates` days and times, `addresses` links, mail addresses, handles and
telephone numbers, `judging` holds each claim against the facts. Pure. A claim of a new kind gets its reader here and
its lie in `prove/evidence.py`.
"""

from opsbook.agents.checking.judging import Fault, faults_in

__all__ = ["Fault", "faults_in"]
