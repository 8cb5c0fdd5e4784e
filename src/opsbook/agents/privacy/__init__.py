"""What a model may see of the world, and the way back from what it says.

A `Screen` stands between one piece of work and the vendor of a model. Only what `declared` names leaves: figures and
times in their own shape, words of small sets, and tokens (`tokens`) for the names of people, organisations and things,
for addresses and for ids. What somebody wrote (a log line, another system's answer) is cleaned, `finding` takes out of
it whatever may tell of somebody, and it is marked as what it is. A new kind of fact, a new tool or a new field of an
answer stays here until it is declared.
"""

from opsbook.agents.privacy.screen import RULES, Screen, own_words
from opsbook.agents.privacy.tokens import Kind

__all__ = ["RULES", "Kind", "Screen", "own_words"]
