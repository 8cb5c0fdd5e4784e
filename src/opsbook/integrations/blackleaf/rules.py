"""What may go out as a text message: our registration is for operations, and forbids whatever advertises.

A rule that is in doubt refuses: a message that is not sent is seen in the run, one that breaks the registration is not.
"""

from __future__ import annotations

import re

from opsbook.sdk.effects import Parcel, Refused

UNSUBSCRIBE = "Reply STOP to opt out, HELP for help."
LONGEST = 459  # characters: three parts of 153 in the alphabet of text messages
LONGEST_UNICODE = 201  # UTF-16 units: three parts of 67, as soon as one character is outside of that alphabet
NUMBER = re.compile(r"1[0-9]{10}")
ADVERTISING = re.compile(
    r"\b(?:discounts?|coupons?|vouchers?|promos?|promotions?|promotional|bogo|giveaways?|rebates?|clearance)\b"
    r"|[0-9]\s?%\s?off\b|\bpercent off\b|\$\s?[0-9]+(?:\.[0-9]+)?\s?off\b|\bbuy (?:one|1|two|2)\b|\bhalf[- ]price\b"
    r"|\b(?:special|limited|exclusive)[- ](?:time )?offers?\b|\b(?:flash|on) sale\b|\bsale ends\b|\blimited[- ]time\b"
    r"|\b(?:use|enter) (?:the |your )?code\b|\bfree (?:gift|delivery|shipping|sample|pre-?roll)s?\b|\bsave [0-9$]"
    r"|\b(?:shop|order|buy) now\b|\bloyalty points\b|\bdeals?\b (?:of|for|on) ",
    re.IGNORECASE,
)
CUT = "... (shortened)"
PLAIN = str.maketrans({"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "•": "-", "\u00a0": " "})
MARKUP = re.compile(r"(?m)^#{1,6} +|\*\*|`")


def number(to: str) -> str:
    """The number as the vendor wants it: 11 digits, the first a 1. Raises `Refused` (`bad_address`)."""
    if not NUMBER.fullmatch(to):
        raise Refused("bad_address", "The recipient is not a number of 11 digits that begins with 1.")
    return to


def text_of(parcel: Parcel) -> str:
    """The message as plain text on one line for each paragraph, opt-out not included.

    What does not fit three parts together with the opt-out is cut, and says so at its end.

    Raises `Refused`: `promotional` for whatever advertises, `bad_message` for one without words.
    """
    whole = f"{parcel.subject}\n{parcel.text}".translate(PLAIN)
    if ADVERTISING.search(whole):
        raise Refused("promotional", "Text messages carry no advertising, discounts or offers; nothing was sent.")
    lines = (" ".join(MARKUP.sub("", line).split()) for line in whole.splitlines())
    text = "\n".join(line for line in lines if line)
    if not text:
        raise Refused("bad_message", "The message has no words.")
    room = (LONGEST if text.isascii() else LONGEST_UNICODE) - len(f"\n{UNSUBSCRIBE}")
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * room:
        return text
    return units[: 2 * (room - len(CUT))].decode("utf-16-le", "ignore") + CUT
