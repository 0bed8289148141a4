"""Charts as SVG: bars of counts, and a world map drawn from inhabited places. Pure.

Only attributes are used, since the Content Security Policy forbids inline styles.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from processors.claims.lexicon import countries
from processors.claims.mentions import gazetteer

WIDTH, HEIGHT = 120, 24
# Degrees of a cell of the map: of the world, and of a region at most NEAR degrees wide.
CELL, SMALL_CELL, NEAR = 2.0, 1.0, 120.0


def hours(line: Iterable[tuple[str, int]], end: datetime, count: int = 24) -> list[int]:
    """Return the counts of the last `count` hours up to `end`, from a time line by hour."""
    counted = dict(line)
    last = end.astimezone(UTC)
    return [counted.get(f"{last - timedelta(hours=n):%Y-%m-%dT%H}", 0) for n in range(count - 1, -1, -1)]


def days(line: Iterable[tuple[str, int]], end: datetime, count: int = 14) -> list[int]:
    """Return the counts of the last `count` days."""
    counted = dict(line)
    return [counted.get(f"{end.astimezone(UTC) - timedelta(days=n):%Y-%m-%d}", 0) for n in range(count - 1, -1, -1)]


def spark(counts: Sequence[int], label: str) -> Markup:
    """Return a bar chart of counts, the oldest on the left."""
    most = max(counts, default=0) or 1
    step = WIDTH / max(1, len(counts))
    bars = Markup("").join(
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            n * step, HEIGHT - height, step * 0.8, height
        )
        for n, count in enumerate(counts)
        if (height := (HEIGHT - 2) * count / most)
    )
    text = f"{label}: {sum(counts)}, at most {max(counts, default=0)}"
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}'
        '<path d="M0 {}H{}"/></svg>'
    ).format(WIDTH, HEIGHT, WIDTH, HEIGHT, text, bars, HEIGHT - 0.5, WIDTH)


def located(names: Iterable[str]) -> list[dict[str, object]]:
    """Return the names with known coordinates: name, latitude, longitude; a country has those of its capital."""
    found = []
    for name in dict.fromkeys(names):
        place = place_of(name)
        if place is not None:
            found.append({"name": name, "latitude": place.latitude, "longitude": place.longitude})
    return found


def place_of(name: str) -> gazetteer.Place | None:
    """Return the largest place of this name; for a country its capital."""
    capital = next((c for c, country in countries().capitals.items() if country == name), None)
    here = [p for p in gazetteer.places(capital) if p.country == name] if capital else []
    return next(iter(here or gazetteer.places(name)), None)


def land(west: float, north: float, width: float, height: float) -> str:
    """Return one path of small squares, one for each inhabited cell of a window."""
    step = SMALL_CELL if width <= NEAR else CELL
    size = step * 0.8
    cells = sorted(
        (-lat, lon)
        for lat, lon in gazetteer.inhabited(step)
        if west - step <= lon <= west + width + step and north - step <= -lat <= north + height + step
    )
    return "".join(f"M{x - size / 2:g} {y - size / 2:g}h{size:g}v{size:g}h-{size:g}z" for y, x in cells)


def world(places: Sequence[dict[str, object]]) -> Markup:
    """Return a map of these places (name, latitude, longitude), zoomed to separate them."""
    west, north, width, height = _window(places)
    radius = width / 110
    dots = Markup("").join(
        Markup(
            '<g><title>{0}</title><circle cx="{1}" cy="{2}" r="{3:.2f}"/>'
            '<text x="{4:.2f}" y="{2}" font-size="{5:.2f}">{0}</text></g>'
        ).format(name, lon, -lat, radius, lon + 1.5 * radius, 3 * radius)
        for name, lat, lon in ((p["name"], float(str(p["latitude"])), float(str(p["longitude"]))) for p in places)
    )
    names = ", ".join(str(p["name"]) for p in places)
    return Markup(
        '<svg class="map" viewBox="{:.1f} {:.1f} {:.1f} {:.1f}" role="img" aria-label="Map: {}"><path d="{}"/>{}</svg>'
    ).format(west, north, width, height, names, land(west, north, width, height), dots)


def _window(places: Sequence[dict[str, object]]) -> tuple[float, float, float, float]:
    """Return left, top, width and height in degrees: the places with a margin, 2:1, at most the whole world."""
    lats = [float(str(p["latitude"])) for p in places]
    lons = [float(str(p["longitude"])) for p in places]
    width = min(360.0, max(60.0, 1.6 * (max(lons) - min(lons)), 3.2 * (max(lats) - min(lats))))
    middle_lon, middle_lat = (max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2
    west = max(-180.0, min(180.0 - width, middle_lon - width / 2))
    north = max(-90.0, min(90.0 - width / 2, -middle_lat - width / 4))
    return west, north, width, width / 2
