"""Checks the entities section against the schemas of event and label."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.entity import MOST, Entity

KEY_TYPES = ("string", "int", "long", "enum")
RESERVED = ("row", "default")
"""Words of the features section that no entity can be called."""


def check_entities(context: Context) -> None:
    """Report what is wrong with the entities, their order and their keys."""
    entities = context.specification.entities
    if len(entities) > MOST:
        context.report.add(("entities",), f"there are {len(entities)} entities", f"at most {MOST}", key=True)
    for name in RESERVED:
        if name in entities:
            context.report.add(
                ("entities", name), f"'{name}' is a word of the features section", "another name", key=True
            )
    _check_primary(context)
    keys: dict[str, str] = {}
    for place, (name, entity) in enumerate(context.specification.chain):
        loc = ("entities", name, "key")
        if entity.key in keys:
            context.report.add(loc, f"'{entity.key}' is the key of {keys[entity.key]}", "a field of its own")
        elif place == 0:
            _check_first(context, loc, entity)
        else:
            _check_later(context, loc, entity)
        keys.setdefault(entity.key, name)


def _check_primary(context: Context) -> None:
    entities = context.specification.entities
    primary = [name for name, entity in entities.items() if entity.primary]
    for name in primary[1:]:
        context.report.add(("entities", name, "primary"), f"{primary[0]} is primary already", "one primary entity")
    if not primary and all(entity.primary is False for entity in entities.values()):
        context.report.add(("entities",), "no entity is primary", "one primary entity", key=True)


def _check_first(context: Context, loc: Loc, entity: Entity) -> None:
    """Every event has this key, and so has every label unless they are joined otherwise: it tells their partition."""
    fits = context.require(loc, context.event, entity.key, KEY_TYPES)
    declared = context.specification.declared_label
    if fits and declared is not None and declared.join is None:
        context.require_same(("label", "schema"), entity.key, entity.key, KEY_TYPES)


def _check_later(context: Context, loc: Loc, entity: Entity) -> None:
    """An event may be without this entity. A label need not name it: then it follows from the label's event."""
    fits = context.require(loc, context.event, entity.key, KEY_TYPES, nullable=True)
    if fits and context.label.knows(entity.key):
        context.require_same(("label", "schema"), entity.key, entity.key, KEY_TYPES, nullable=True)
