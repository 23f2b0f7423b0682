"""Pictures of vehicles in a scene that darkens: drawn, or those of CIFAR-10's four classes of vehicles.

From the day of the drift on the scene is lit by two fifths of the light: every picture is darkened before it is stored.
What a picture shows is known once a person has looked at it, hours later.
"""

import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

START = pd.Timestamp("2025-03-03")
DAY = 86_400_000_000
A_DAY = 190
"""Pictures, of all cameras together."""
CAMERAS = ("north", "east", "south", "west")
AIRPLANE = "airplane"
LIGHT = 0.4
SIDE = 32
Colour = tuple[int, int, int]
Draw = Callable[[ImageDraw.ImageDraw, np.random.Generator], None]


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events, with the bytes of their JPEG files, and labels, in their order of time.

    data: a tar of `…/<vehicle>/<name>.jpg`, or None for drawn ones. options: `events` (pictures), `drift` (day from
    which it is dark, or `none`). Raises ValueError for options that make no story.
    """
    count, drift = int(options.get("events", "7600")), options.get("drift", "20")
    darkens = np.inf if drift == "none" else float(drift)
    if count < 1 or darkens < 0:
        raise ValueError("expected events ≥ 1, drift ≥ 0 or none")
    rng = np.random.default_rng(seed)
    vehicles, pictures = _drawn(rng, count) if data is None else _stored(rng, data, count)
    at = np.sort(rng.integers(0, max(count * DAY // A_DAY, 1), len(pictures)))
    images = [_jpeg(_darkened(one)) if time >= darkens * DAY else one for one, time in zip(pictures, at, strict=True)]
    return _tables(rng, vehicles, images, at)


def _tables(
    rng: np.random.Generator, vehicles: list[str], images: list[bytes], at: NDArray[np.int64]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    taken = START.value // 1000 + at
    # the median person looks after four hours, nobody after more than twenty
    waits = np.minimum(rng.lognormal(np.log(4), 0.6, len(at)), 20) * 3600e6
    shared = {"photo_id": [f"p{number:05}" for number in range(len(at))], "camera": rng.choice(CAMERAS, len(at))}
    events = pd.DataFrame({**shared, "taken_at": taken, "image": pd.Series(images, dtype=object)})
    seen = {"is_aircraft": [one == AIRPLANE for one in vehicles], "vehicle": vehicles}
    labels = pd.DataFrame({**shared, **seen, "known_at": taken + waits.astype(np.int64)})
    return events, labels


def _stored(rng: np.random.Generator, data: Path, count: int) -> tuple[list[str], list[bytes]]:
    found = []
    with tarfile.open(data) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".jpg") else None
            if file is not None:
                found.append((member.name.split("/")[-2], file.read()))
    if not found:
        raise ValueError(f"{data} holds no file <vehicle>/<name>.jpg")
    chosen = [found[place] for place in rng.permutation(len(found))[:count]]
    return [vehicle for vehicle, _ in chosen], [image for _, image in chosen]


def _darkened(image: bytes) -> Image.Image:
    with Image.open(BytesIO(image)) as opened:
        return opened.convert("RGB").point(lambda value: value * LIGHT)


def _jpeg(image: Image.Image) -> bytes:
    with BytesIO() as file:
        image.save(file, "JPEG", quality=90)
        return file.getvalue()


def _drawn(rng: np.random.Generator, count: int) -> tuple[list[str], list[bytes]]:
    vehicles = [str(one) for one in rng.choice(list(_SHAPES), count)]
    return vehicles, [_jpeg(_picture(rng, vehicle)) for vehicle in vehicles]


def _picture(rng: np.random.Generator, vehicle: str) -> Image.Image:
    """A vehicle before its ground, of which some are hard to make out: a sky is smooth, a street or the sea is not."""
    sky, ground, grain = _GROUNDS[vehicle]
    image = Image.new("RGB", (SIDE, SIDE), _tone(rng, sky))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, int(rng.integers(16, 27)), SIDE, SIDE), fill=_tone(rng, ground))
    _SHAPES[vehicle](draw, rng)
    turned = image.rotate(float(rng.normal(0, 8)), fillcolor=_tone(rng, sky))
    blurred = np.asarray(turned.filter(ImageFilter.GaussianBlur(float(rng.uniform(1, 3)))), float)
    noise = rng.normal(0, grain * rng.lognormal(0, 0.5), (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(blurred + noise, 0, 255).astype(np.uint8))


def _tone(rng: np.random.Generator, colour: Colour) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.normal(0, 25) + rng.normal(0, 8, 3), 0, 255).astype(int).tolist()
    return red, green, blue


def _paint(rng: np.random.Generator) -> Colour:
    return _tone(rng, (int(rng.integers(30, 226)), int(rng.integers(30, 226)), int(rng.integers(30, 226))))


def _places(rng: np.random.Generator, *between: tuple[int, int]) -> list[int]:
    return [int(rng.integers(low, high)) for low, high in between]


def _airplane(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x, y, size = _places(rng, (12, 20), (10, 20), (7, 13))
    pale = _tone(rng, (215, 220, 225))
    draw.line((x - size, y, x + size, y), fill=pale, width=3)
    draw.line((x, y, x - size // 2, y + size // 2), fill=pale, width=2)
    draw.line((x - size, y, x - size, y - 4), fill=pale, width=2)


def _automobile(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    (x, y), paint = _places(rng, (4, 9), (13, 19)), _paint(rng)
    draw.rectangle((x, y, x + 20, y + 7), fill=paint)
    draw.rectangle((x + 4, y - 6, x + 15, y), fill=paint, outline=(20, 20, 25))
    for wheel in (x + 2, x + 14):
        draw.ellipse((wheel, y + 4, wheel + 6, y + 10), fill=(15, 15, 15))


def _ship(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    (x, y), paint = _places(rng, (2, 7), (15, 21)), _paint(rng)
    draw.polygon([(x, y), (x + 24, y), (x + 19, y + 6), (x + 4, y + 6)], fill=paint)
    draw.rectangle((x + 8, y - 7, x + 14, y), fill=_paint(rng))


def _truck(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x, y = _places(rng, (2, 6), (7, 12))
    draw.rectangle((x, y, x + 17, y + 14), fill=_paint(rng), outline=(25, 25, 25))
    draw.rectangle((x + 18, y + 5, x + 25, y + 14), fill=_paint(rng), outline=(25, 25, 25))
    for wheel in (x + 2, x + 11, x + 18):
        draw.ellipse((wheel, y + 12, wheel + 5, y + 17), fill=(15, 15, 15))


_SHAPES: Mapping[str, Draw] = {AIRPLANE: _airplane, "automobile": _automobile, "ship": _ship, "truck": _truck}
_GROUNDS: Mapping[str, tuple[Colour, Colour, float]] = {
    AIRPLANE: ((150, 180, 215), (150, 170, 190), 8),
    "automobile": ((120, 130, 120), (100, 100, 105), 20),
    "ship": ((140, 165, 195), (80, 110, 145), 15),
    "truck": ((130, 140, 135), (100, 100, 105), 20),
}
"""Above, below, and how rough both are."""
