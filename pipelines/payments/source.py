"""Card payments with stolen cards: a seeded generator, or the public simulated stream of the Fraud Detection Handbook.

The generated story: customers with their own level, habits, hours and travels; 2 % of the payments are made with stolen
cards, those of careless customers more often. Until the day of the drift thieves buy a few dear things, mostly at night
(pattern A). From then on most of them drain a card by many small payments in quick succession, abroad and online
(pattern B). Honest customers do all of this too, only less often: big purchases, holidays, sprees. Terminals tell
nothing here, other than in the public stream. The truth about each payment is known seven days after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MICROS = 1_000_000
HOUR = 3600 * MICROS
DAY = 24 * HOUR
START = int(pd.Timestamp("2025-01-01", tz="UTC").value // 1000)
KNOWN_AFTER = 7 * DAY

COUNTRIES = np.array(["NL", "BE", "DE", "FR", "GB", "ES", "PT", "RO", "TR", "US"])
HOME = np.array([0.82, 0.05, 0.05, 0.02, 0.02, 0.01, 0.01, 0.01, 0.005, 0.005])
CODES = np.array(
    ["5411", "5812", "5541", "5912", "5651", "4121", "7832", "6011", "5816", "5968", "5732", "5944", "4722"]
)
"""Merchant categories: groceries, restaurants, fuel, pharmacy, clothes, taxi, cinema, cash, games, subscriptions,
electronics, jewellery, travel."""
HABIT = np.array([5.0, 3.0, 2.0, 1.2, 1.2, 1.0, 0.6, 0.8, 0.9, 0.8, 0.4, 0.2, 0.4])
LEVEL = np.array([0.0, -0.2, 0.3, -0.4, 0.5, -0.4, -0.5, 0.9, -0.9, -0.8, 1.1, 1.3, 1.2])
"""Natural logarithm of a category's usual amount beside the customer's."""
CASH = 7
DEAR = np.array([10, 11, 12])
ONLINE = np.array([8, 9, 6, 5])
ABROAD = np.array([0.04, 0.12, 0.12, 0.10, 0.12, 0.10, 0.06, 0.10, 0.10, 0.14])
CHANNELS = np.array(["chip", "contactless", "online", "atm"])
AGES = np.array(["18-29", "30-44", "45-59", "60+"])
WEEKDAYS = np.array([0.9, 0.9, 0.95, 1.0, 1.2, 1.3, 0.85])


@dataclass(frozen=True)
class Customers:
    """What each customer usually does; arrays with one entry (or row) a customer."""

    weight: Floats
    level: Floats
    spread: Floats
    home: Ints
    careless: Floats
    habits: Floats
    morning: Floats
    evening: Floats
    holiday: Ints
    abroad: Ints
    age: Ints
    card: Ints


@dataclass(frozen=True)
class Payments:
    """Payments in any order; one entry a payment."""

    customer: Ints
    time: Ints
    amount: Floats
    code: Ints
    country: Ints
    channel: Ints


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels, in their order of time.

    data: the public stream's file, or None for the generated one. options: `events`, `days`, `customers`, `fraud`
    (share), `drift` (day of the change of patterns, or `none`); of a file only `events`. Raises ValueError for options
    that make no story.
    """
    if data is not None:
        return _handbook(data, options)
    events = int(options.get("events", "120000"))
    days = int(options.get("days", "100"))
    share = float(options.get("fraud", "0.02"))
    drift = options.get("drift", "45")
    changed = float(days) if drift == "none" else float(drift)
    customers = int(options.get("customers", str(max(20, events // 68))))
    if events < 100 or days < 1 or not 0 < share < 0.5 or changed < 0 or customers < 1:
        raise ValueError("expected events ≥ 100, days ≥ 1, 0 < fraud < 0.5, drift ≥ 0 or none, customers ≥ 1")
    return generate(seed, events, days, changed, share, customers)


def generate(
    seed: int, events: int, days: int, changed: float, share: float, customers: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The story; equal arguments give equal tables."""
    rng = np.random.default_rng(seed)
    people = _customers(rng, customers, days)
    stolen = round(events * share)
    early = round(stolen * min(1.0, changed / days))
    late = stolen - early
    still = round(0.15 * late)
    before = min(changed, days)
    dear = [_dear(rng, people, early, 0.0, before), _dear(rng, people, still, before, days)]
    drained = _drained(rng, people, late - still, before, days)
    honest = _honest(rng, people, events - stolen, days)
    paid = _joined([honest, *dear, drained])
    fraud = np.concatenate([[0] * len(honest.time), [1] * stolen]).astype(bool)
    # drawn apart, so that terminals change nothing else
    terminal = _terminals(np.random.default_rng([seed, 1]), len(fraud), customers)
    return _tables(paid, terminal, fraud, people)


def _customers(rng: np.random.Generator, n: int, days: int) -> Customers:
    home = rng.choice(len(COUNTRIES), n, p=HOME / HOME.sum())
    return Customers(
        weight=rng.gamma(2.0, 1.0, n) + 0.1,
        level=rng.normal(3.2, 0.55, n),
        spread=rng.uniform(0.4, 0.75, n),
        home=home,
        careless=rng.gamma(0.4, 1.0, n) + 0.02,
        habits=np.cumsum(_shares(rng.gamma(HABIT, 1.0, (n, len(HABIT)))), axis=1),
        morning=rng.normal(10.5, 1.5, n),
        evening=rng.normal(18.5, 1.8, n),
        holiday=rng.integers(-20, days + 60, n),
        abroad=(home + rng.integers(1, len(COUNTRIES), n)) % len(COUNTRIES),
        age=rng.choice(len(AGES), n, p=[0.24, 0.3, 0.26, 0.2]),
        card=rng.integers(4_000_000_000_000_000, 5_000_000_000_000_000, n),
    )


def _shares(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _honest(rng: np.random.Generator, people: Customers, n: int, days: int) -> Payments:
    """What the customers do: their rhythm and habits; now and then a spree, a dear purchase, a holiday abroad."""
    spree = round(0.03 * n)
    customer = rng.choice(len(people.weight), n - spree, p=_shares(people.weight))
    season = np.resize(np.roll(WEEKDAYS, -2), days)
    day = rng.choice(days, n - spree, p=_shares(season))
    time = START + day * DAY + (_hours(rng, people, customer) * HOUR).astype(np.int64)
    code = (rng.random((n - spree, 1)) > people.habits[customer]).sum(axis=1)
    single = _usual(rng, people, customer, time, np.minimum(code, len(CODES) - 1))
    return _joined([single, _sprees(rng, people, single, spree)])


def _hours(rng: np.random.Generator, people: Customers, customer: Ints) -> Floats:
    """Hour of the day: two humps of each customer's own, and a few at any time."""
    centre = np.where(rng.random(len(customer)) < 0.4, people.morning[customer], people.evening[customer])
    hour = np.where(rng.random(len(customer)) < 0.06, rng.uniform(0, 24, len(customer)), rng.normal(centre, 2.2))
    return np.asarray(hour % 24)


def _usual(rng: np.random.Generator, people: Customers, customer: Ints, time: Ints, code: Ints) -> Payments:
    amount = np.exp(rng.normal(people.level[customer] + LEVEL[code], people.spread[customer]))
    dear = rng.random(len(code)) < 0.012
    amount = np.where(dear, amount * rng.uniform(3.0, 9.0, len(code)), amount)
    day = (time - START) // DAY
    away = (day >= people.holiday[customer]) & (day < people.holiday[customer] + 12)
    country = np.where(away, people.abroad[customer], people.home[customer])
    return Payments(customer, time, amount, code, country, _channel(rng, amount, code, 0.12))


def _channel(rng: np.random.Generator, amount: Floats, code: Ints, online: float) -> Ints:
    """How the card is presented: games and subscriptions online, cash at a machine, small amounts without contact."""
    far = (rng.random(len(code)) < online) | (code == CASH + 1) | (code == CASH + 2)
    near = np.where((amount < 50) & (rng.random(len(code)) < 0.8), 1, 0)
    return np.asarray(np.where(code == CASH, 3, np.where(far, 2, near)))


def _sprees(rng: np.random.Generator, people: Customers, like: Payments, n: int) -> Payments:
    """Several payments within an hour or two, small and often online, by honest customers."""
    sizes = _bursts(rng, n, 3, 7)
    first = np.repeat(rng.integers(0, len(like.time), len(sizes)), sizes)
    time = like.time[first] + _steps(rng, sizes, 0.12)
    online = np.repeat(rng.random(len(sizes)) < 0.5, sizes)
    code = np.where(online, rng.choice(ONLINE, n), like.code[first])
    paid = _usual(rng, people, like.customer[first], time, code)
    country = np.where(online & (rng.random(n) < 0.2), rng.choice(len(COUNTRIES), n, p=_shares(ABROAD)), paid.country)
    return Payments(paid.customer, paid.time, paid.amount * 0.7, paid.code, country, np.where(online, 2, paid.channel))


def _dear(rng: np.random.Generator, people: Customers, n: int, since: float, until: float) -> Payments:
    """Pattern A: two to four purchases far above the customer's usual, mostly at night, at home."""
    sizes = _bursts(rng, n, 2, 4)
    customer, start = _thefts(rng, people, len(sizes), since, until)
    night = rng.random(len(sizes)) < 0.6
    hour = np.where(night, rng.uniform(0, 6, len(sizes)), rng.uniform(8, 23, len(sizes)))
    start = START + start // DAY * DAY + (hour * HOUR).astype(np.int64)
    who = np.repeat(customer, sizes)
    time = np.repeat(start, sizes) + _steps(rng, sizes, 0.7)
    code = np.where(rng.random(n) < 0.65, rng.choice(DEAR, n, p=[0.6, 0.25, 0.15]), rng.integers(0, len(CODES), n))
    amount = np.exp(rng.normal(people.level[who] + 1.5, 0.7))
    country = np.where(rng.random(n) < 0.05, rng.integers(0, len(COUNTRIES), n), people.home[who])
    return Payments(who, time, amount, code, country, _channel(rng, amount, code, 0.15))


def _drained(rng: np.random.Generator, people: Customers, n: int, since: float, until: float) -> Payments:
    """Pattern B: four to nine small payments minutes apart, mostly abroad and online, at any hour."""
    sizes = _bursts(rng, n, 4, 9)
    customer, start = _thefts(rng, people, len(sizes), since, until)
    who = np.repeat(customer, sizes)
    time = START + np.repeat(start, sizes) + _steps(rng, sizes, 0.13)
    code = np.where(rng.random(n) < 0.6, rng.choice(ONLINE, n), rng.integers(0, len(CODES), n))
    amount = np.exp(rng.normal(people.level[who] - 0.5, 0.6))
    where = np.repeat(rng.choice(len(COUNTRIES), len(sizes), p=_shares(ABROAD)), sizes)
    abroad = np.repeat(rng.random(len(sizes)) < 0.85, sizes)
    country = np.where(abroad, where, people.home[who])
    return Payments(who, time, amount, code, country, _channel(rng, amount, code, 0.85))


def _thefts(rng: np.random.Generator, people: Customers, n: int, since: float, until: float) -> tuple[Ints, Ints]:
    """Whose cards are stolen, the careless ones' again and again, and when, in microseconds since the start."""
    customer = rng.choice(len(people.weight), n, p=_shares(people.careless))
    slot = (np.arange(n) + rng.random(n)) / max(n, 1)
    return customer, (since * DAY + slot * (until - since) * DAY).astype(np.int64)


def _bursts(rng: np.random.Generator, n: int, low: int, high: int) -> Ints:
    """Sizes from low to high that add up to n; the last may be smaller."""
    sizes = rng.integers(low, high + 1, n // low + 1)
    ends = np.minimum(np.cumsum(sizes), n)
    sizes = np.diff(ends, prepend=0)
    return np.asarray(sizes[sizes > 0], dtype=np.int64)


def _steps(rng: np.random.Generator, sizes: Ints, hours: float) -> Ints:
    """Time since the first payment of each burst, with exponential gaps of this mean, in microseconds."""
    gaps = rng.exponential(hours * HOUR, int(sizes.sum()))
    total = np.cumsum(gaps)
    first = np.cumsum(sizes) - sizes
    return np.asarray(total - np.repeat(total[first], sizes), dtype=np.int64)


def _terminals(rng: np.random.Generator, n: int, count: int) -> Ints:
    """Where each payment is made: some of the `count` terminals are busier than others."""
    return rng.choice(count, n, p=_shares(rng.gamma(1.0, 1.0, count) + 0.05))


def _joined(parts: list[Payments]) -> Payments:
    names = [field.name for field in fields(Payments)]
    return Payments(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _tables(
    paid: Payments, terminal: Ints, fraud: NDArray[np.bool_], people: Customers
) -> tuple[pd.DataFrame, pd.DataFrame]:
    time = paid.time // 1000 * 1000
    order = np.lexsort((paid.customer, time))
    digits = len(str(len(people.weight)))
    events = pd.DataFrame(
        {
            "payment_id": [f"p{number:07d}" for number in range(len(order))],
            "customer_id": [f"c{number:0{digits}d}" for number in paid.customer[order]],
            "paid_at": time[order],
            "terminal_id": [f"t{number:0{digits}d}" for number in terminal[order]],
            "amount": np.maximum(np.round(paid.amount[order], 2), 0.01),
            "mcc": CODES[paid.code[order]],
            "country": COUNTRIES[paid.country[order]],
            "channel": CHANNELS[paid.channel[order]],
            "age_band": AGES[people.age[paid.customer[order]]],
            "card_number": people.card[paid.customer[order]].astype(str),
        }
    )
    return events, _labels(events, fraud[order], "chargeback")


def _labels(events: pd.DataFrame, fraud: NDArray[np.bool_], source: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "payment_id": events["payment_id"],
            "customer_id": events["customer_id"],
            "is_fraud": fraud,
            "known_at": events["paid_at"] + KNOWN_AFTER,
            "source": source,
        }
    )


def _handbook(path: Path, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The simulated transactions of the Fraud Detection Handbook (Le Borgne et al., 2022), as a CSV file."""
    table = pd.read_csv(
        path, parse_dates=["TX_DATETIME"], nrows=int(options["events"]) if "events" in options else None
    )
    events = pd.DataFrame(
        {
            "payment_id": "t" + table["TRANSACTION_ID"].astype(str),
            "customer_id": "c" + table["CUSTOMER_ID"].astype(str),
            "paid_at": table["TX_DATETIME"].astype("datetime64[us]").astype(np.int64),
            "terminal_id": "t" + table["TERMINAL_ID"].astype(str),
            "amount": table["TX_AMOUNT"].astype(float),
            **dict.fromkeys(("mcc", "country", "channel", "age_band", "card_number")),
        }
    )
    return events, _labels(events, table["TX_FRAUD"].to_numpy().astype(bool), "simulation")
