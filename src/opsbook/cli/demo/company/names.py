"""Invented names. No company and nobody of these names is meant; every address ends in .example."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random


def _words(text: str) -> list[str]:
    return text.split()


PLACES = _words(
    "Larkmoor Tesselby Quillhaven Brindlewick Ottersham Fennimoor Copperlow Wrenfold Marlstead Hollowmere Duskfield "
    "Ambergate Thistleby Saltmarrow Junipford Cinderholm Mossbeck Rookhaven Sablewick Fernleigh Pinegrave Emberlow "
    "Birchmarsh Willowtarn Dapplecombe Nettlebridge Galewick Hazelstrand Oakmere Ravenholt Silverfen Tarnwick "
    "Underhollow Vaughmoor Yarrowfield Zephyrton Applemarsh Bramblecote Cloverhythe Dovecliff Elderwharf Foxglen"
)
SHOPS = _words("Dispensary Provisions Apothecary Collective Market Greenhouse Counter Supply")
MAKERS = _words("Botanicals Farms Extracts Confections Gardens Labs Harvest Goods")
FIRST = _words(
    "Mara Theo Ines Caleb Noor Silas Petra Jonah Lena Omar Freya Dario Willa Ravi Edda Marcus Tova Elias Nadia Hugo "
    "Selma Bram Odette Kiran Alma Felix Yara Anton Greta Malik Ida Rafael Juno Tomas Vera Amir Linnea Oscar Rhea Leif"
)
LAST = _words(
    "Quillfeather Ambrosen Tallowmere Brackenby Fennwright Hollowell Marrowgate Oatenshaw Pellinger Rushbrook "
    "Sandover Thackeral Umberley Vantongeren Wexcombe Yarrowby Zelkowan Asterby Bellwether Coppergate Dunmarrow"
)
STATES = _words("NY NY NY NY NJ NJ MA CT VT ME")


def organization_names(chance: Random) -> Iterator[tuple[str, str, str]]:
    """Endless `(name, slug, kind)`, each name once; seven of ten are dispensaries."""
    pairs = {
        "dispensary": [f"{place} {word}" for place in PLACES for word in SHOPS],
        "brand": [f"{place} {word}" for place in PLACES for word in MAKERS],
    }
    for names in pairs.values():
        chance.shuffle(names)
    for number in count():
        kind = "brand" if number % 10 in (2, 5, 8) else "dispensary"
        names = pairs[kind]
        name = names[number % len(names)] + ("" if number < len(names) else f" No. {number // len(names) + 1}")
        yield name, name.lower().replace(" no. ", "-").replace(" ", "-"), kind


def person(chance: Random) -> tuple[str, str]:
    """A first and a last name."""
    return chance.choice(FIRST), chance.choice(LAST)
