"""Alerts as people look at them: a row each, or the whole life of one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.cli.domain.moment import iso
from services.contracts.alert_life import Life, Lives

View = dict[str, Any]
Value = Mapping[str, Any]


def rows(lives: Lives) -> list[View]:
    """One row an alert, in the order in which they were raised. silenced: until when, by the pipeline's clock."""
    return [_row(lives, life) for life in lives.alerts.values()]


def named(lives: Lives, text: str) -> list[Life]:
    """The alerts whose ids begin with a text."""
    return [life for alert_id, life in lives.alerts.items() if text and alert_id.startswith(text)]


def told(life: Life, lives: Lives, notified: Iterable[Value]) -> list[View]:
    """What happened to an alert, in the order of the pipeline's clock: when, what, and the words for it.

    notified: the values of `notifications`.
    """
    return sorted(_told(life, lives, notified), key=lambda line: str(line["clock"]))


def facts(life: Life) -> list[tuple[str, str]]:
    """What is to be known of an alert at a glance: names and words."""
    raised, newest = life.raised, life.newest
    return [
        ("alert", life.alert_id),
        ("state", life.state),
        ("severity", life.severity),
        ("value", f"{newest['value']:.4g} against {newest['threshold']:.4g}"),
        ("usual", "–" if raised["level"] is None else f"{raised['level']:.4g}"),
        ("change began", _change(raised)),
        ("drift", life.drift or "–"),
        ("fields", life.fields or "–"),
        ("evidence", _evidence(raised) or "–"),
        ("cause", life.cause),
    ]


def title(life: Life) -> str:
    """What it is about."""
    return " ".join(filter(None, (life.raised["kind"], life.raised["name"], life.raised["version"])))


def related(others: Sequence[Life]) -> list[str]:
    """A line for each alert of the same cause."""
    return [f"{one.alert_id[:12]} {one.severity} {one.state}: {one.raised['message']}" for one in others]


def markdown(life: Life, lines: Sequence[View], others: Sequence[Life]) -> str:
    """A life as Markdown. others: alerts of the same cause."""
    parts = [f"# {title(life)}", life.raised["message"], _table(("", ""), facts(life))]
    parts.append(_table(("clock", "what", ""), [(line["clock"], line["what"], line["text"]) for line in lines]))
    if others:
        parts += ["Of the same cause:", "\n".join(f"- {line}" for line in related(others))]
    return "\n\n".join(parts) + "\n"


def _row(lives: Lives, life: Life) -> View:
    raised, newest = life.raised, life.newest
    silence = lives.silenced(life, int(newest["clock"])) if life.is_open else None
    return {
        "alert": life.alert_id,
        "state": life.state,
        "severity": life.severity,
        "kind": raised["kind"],
        "name": raised["name"],
        "version": raised["version"],
        "clock": iso(raised["clock"]),
        "value": newest["value"],
        "threshold": newest["threshold"],
        "change_point": iso(raised["change_point"]),
        "drift": life.drift or None,
        "fields": life.fields or None,
        "acknowledged_by": life.acknowledged and life.acknowledged["by"],
        "silenced_until": silence and iso(silence["until"]),
        "cause": life.cause,
        "message": raised["message"],
    }


def _told(life: Life, lives: Lives, notified: Iterable[Value]) -> Iterator[View]:
    raised = life.raised
    numbers = f"{raised['value']:.4g} against {raised['threshold']:.4g}"
    yield _line(raised, "raised", f"{raised['severity']}, {numbers}: {raised['message']}")
    yield from _found(life)
    if life.acknowledged is not None:
        yield _line(life.acknowledged, "acknowledged", f"{life.acknowledged['by']}: {life.acknowledged['reason']}")
    for silence in lives.silences:
        if silence["kind"] == raised["kind"] and silence["name"] in ("", raised["name"]):
            until = f"until {iso(silence['until'])} by {silence['by']}: {silence['reason']}"
            yield _line(silence, "silenced", until)
    for one in notified:
        if life.alert_id in one["alerts"]:
            what = f"{one['to']}, that it is over" if one["over"] else f"{one['to']}, {one['severity']}"
            yield _line(one, f"notified: {one['state']}", what + (f" ({one['detail']})" if one["detail"] else ""))
    if life.cleared is not None:
        yield _line(life.cleared, "over", life.cleared["reason"])


def _found(life: Life) -> Iterator[View]:
    """What monitoring said of it since."""
    for update in life.updates:
        yield _line(update, "updated", f"{update['severity']}: {update['message']}")
    if life.classified is not None:
        yield _line(life.classified, "classified", f"{life.drift} drift")


def _line(value: Value, what: str, text: str) -> View:
    return {"clock": iso(value["clock"]), "what": what, "text": text}


def _change(raised: Value) -> str:
    if raised["change_point"] is None:
        return "–"
    return f"about {iso(raised['change_point'])}, {iso(raised['change_low'])} to {iso(raised['change_high'])}"


def _evidence(raised: Value) -> str:
    return ", ".join(_piece(one) for one in raised["evidence"])


def _piece(evidence: Value) -> str:
    effect = "" if evidence["effect"] is None else f" (effect {evidence['effect']:.2g})"
    noticed = "" if evidence["at"] is None else f" at {iso(evidence['at'])}"
    return f"{evidence['statistic']} {evidence['value']:.3g}{effect}{noticed}"


def _table(heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    made = [heads, tuple("---" for _ in heads), *lines]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in made)
