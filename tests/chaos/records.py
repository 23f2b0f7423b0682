"""Records that can't be read, mustn't be taken, are too large, or come again: each is accounted for once."""

from collections import Counter
from collections.abc import Callable
from random import Random

from services.chassis.schema_registry import SchemaRegistry
from services.contracts.schemas import own_schema
from tests.chaos.stage import Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.e2e.stream import ORDER

_MUTANTS = 10_000
_DAY = 86_400_000_000
_LARGE = (90_000, 150_000, 700_000)
_AGAIN = 3_000
_UNKNOWN = 2_000_000_000


def order(made: Stage, number: int, **other: object) -> dict[str, object]:
    """An order at the time that the stream has come to."""
    value = {"order_id": f"m{number}", "at": made.traffic.now, "shop": f"shop{number % 9}", "amount": 1.0, "kind": "a"}
    return value | other


def mutants(made: Stage, random: Random, numbers: range) -> list[tuple[bytes, bytes]]:
    """Keys and values: Avro records with bits flipped, bytes cut off, put in or added."""
    mutations, found = (_flipped, _cut, _longer, _inserted, _header), []
    for number in numbers:
        value = order(made, number, amount=random.choice([1.0, 1e308, -0.0, float("nan"), float("inf")]))
        data = made.platform.codec.encode("events.raw", ORDER, value)
        mutant = random.choice(mutations)(data, random)
        while _is_dated_ahead(made, mutant):
            mutant = random.choice(mutations)(data, random)
        found.append((str(value["shop"]).encode(), mutant))
    return found


def _is_dated_ahead(made: Stage, data: bytes) -> bool:
    """Whether it is still an event, of a later time: the merge holds it back until labels come to that time."""
    ((_, value),) = made.platform.codec.decode_all("events.raw", [data])
    return bool(value.get("at", 0) > made.traffic.now + _DAY)


Mutation = Callable[[bytes, Random], bytes]


def _flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def _longer(data: bytes, random: Random) -> bytes:
    return data + random.randbytes(random.randint(1, 40))


def _inserted(data: bytes, random: Random) -> bytes:
    place = random.randrange(5, len(data))
    return data[:place] + random.choice([b"\xff" * 9 + b"\x01", random.randbytes(3)]) + data[place:]


def _header(data: bytes, random: Random) -> bytes:
    return random.randbytes(5) + data[5:]


def mutated(made: Stage, seed: int) -> None:
    """10,000 spoiled records among the healthy ones."""
    random = Random(seed)
    for start in range(0, _MUTANTS, 1_000):
        made.platform.publish_raw("events.raw", mutants(made, random, range(start, start + 1_000)))
        made.flows(20)


def schema_ids(made: Stage, _seed: int) -> None:
    """Ids that nobody knows, that belong to another record, that aren't there."""
    settings = made.platform.settings
    audit = own_schema("driftmill.AuditRecorded")
    foreign = SchemaRegistry(settings.schema_registry).register(
        settings.topic("audit"), "driftmill.AuditRecorded", audit
    )
    body = made.platform.codec.encode("events.raw", ORDER, order(made, 1))[5:]
    heads = [b"\x00" + number.to_bytes(4, "big") for number in (foreign, *range(_UNKNOWN, _UNKNOWN + 40))]
    made.platform.publish_raw(
        "events.raw", [(b"shop1", head + body) for head in (*heads, b"\x01\x00\x00\x00\x01", b"")]
    )
    made.flows()


def oversize(made: Stage, _seed: int) -> None:
    """Records that are large, too large, and that grow on their way."""
    values = [order(made, number, order_id=f"{number}-" + "x" * size) for number, size in enumerate(_LARGE * 4)]
    encoded = [made.platform.codec.encode("events.raw", ORDER, value) for value in values]
    made.platform.publish_raw("events.raw", [(b"shop1", data) for data in encoded])
    made.flows()


def disorder(made: Stage, seed: int) -> None:
    """What was sent before comes again, shuffled: duplicates, late and out of order."""
    random, sent = Random(seed), made.traffic.sent_records()
    made.traffic.publish(random.choices([raw for raw in sent if raw.value.get("order_id")], k=_AGAIN))
    made.flows()


def met(made: Stage) -> Counter[str]:
    """Dead letters and refusals by reason."""
    letters = Counter(one.value["reason"] for one in made.platform.read("deadletters.validation"))
    refused = Counter(one.value["reasons"][0]["rule"] for one in made.platform.read("events.quarantined"))
    return letters + refused


def _row(name: str, says: str, fault: Callable[[Stage, int], None], reasons: tuple[str, ...]) -> Row:
    def run(world: World) -> Finding:
        with stage(world.ground.broker.endpoints, world.home, world.seed) as made:
            made.start()
            made.traffic.start()
            made.flows()
            before = met(made)
            fault(made, world.seed)
            finding = found(made)
            more = met(made) - before
            finding.hits.update({reason: more[reason] for reason in reasons})
            return finding

    return Row(name, says, run)


ROWS = (
    _row("mutated", "10,000 mutated Avro records among healthy ones", mutated, ("undecodable", "unknown_schema")),
    _row("schema-ids", "unknown, foreign and absent schema ids", schema_ids, ("unknown_schema", "foreign_schema")),
    _row("oversize", "records that are too large, or grow too large", oversize, ("too_large",)),
    _row("disorder", "3,000 records again, shuffled", disorder, ("duplicate", "too_late")),
)
