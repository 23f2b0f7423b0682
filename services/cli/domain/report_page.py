"""An account of a period as Markdown. facts: as `report` tells them."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.cli.domain.page_parts import Facts, cell, criteria, line, section, table

_TIMES = {"when", "applied", "ended", "raised", "over", "first_event", "last_event"}
_ACTIONS = ("when", "who", "what", "to", "before", "after", "why")
_INTERVAL = (
    "Of whole windows of `monitor.window` whose labels became known in the period; *low*, *high*: 95 % interval."
)


def report_page(facts: Facts) -> str:
    """The page."""
    lines = [f"# {facts['pipeline']}: account {facts['period']}", *_glance(facts)]
    for part in (_purpose, _data, _answers, _quality, _incidents, _releases, _actions, _personal, _trail):
        lines += part(facts)
    return "\n".join(lines) + "\n"


def _glance(facts: Facts) -> Iterator[str]:
    """What is asked first."""
    answers = sum(one["answers"] for one in facts["answers"])
    failed = sum(one["failed"] for one in facts["answers"])
    standing = sum(one["over"] is None for one in facts["incidents"])
    versions = list(dict.fromkeys(one["version"] for one in facts["answers"]))
    refused = [one["version"] for one in facts["moves"] if one["to"] == "rejected"]
    yield ""
    yield line("answers", f"{answers:,}, of which {failed:,} failed")
    yield line("answered by", ", ".join(versions) or "nothing")
    yield line("alerts", f"{len(facts['incidents']):,}, of which {standing:,} stood at the end")
    yield line("versions refused", ", ".join(refused) or "none")
    yield line("actions of people", f"{len(facts['people']):,}")
    yield line(
        "audit trail", "whole" if facts["trail"]["whole"] else f"NOT WHOLE: {len(facts['trail']['faults'])} faults"
    )
    yield ""
    yield "Times of events, changes and windows are the events' own; others say when Kafka appended a record. All UTC."


def _purpose(facts: Facts) -> Iterator[str]:
    about, lines = facts["about"], list[str]()
    if about is not None:
        lines = [line(name, cell(about[name] or "not stated")) for name in ("purpose", "owner")]
        lines += [line(name.replace("_", " "), cell(text)) for name, text in about["problem"].items()]
        lines.append(line("cost of an error", about["cost"] or "not stated"))
        lines += ["", *_sources(about)]
    yield from section("What it is for", lines, "No configuration was applied by then that this version can read.")
    yield from section(
        "Configurations", table(_timed(facts["configs"]), ("applied", "by", "digest")), "None was applied."
    )


def _sources(about: Facts) -> Sequence[str]:
    told = [{name: one[name] or "not stated" for name in one} for one in about["sources"]]
    return table(told, ("source", "kind", "obtained", "basis")) or [line("sources", "not stated")]


def _data(facts: Facts) -> Iterator[str]:
    data = facts["data"]
    refused = sum(one["rows"] for one in data["refused"])
    outcomes = {name: f"{rows:,}" for name, rows in data["outcomes"].items()}
    yield from section(
        "Data",
        [
            line("events accepted", f"{data['events']:,}"),
            line("labels accepted", f"{data['labels']:,}"),
            line("records refused", f"{refused:,}"),
            line("outcomes", outcomes or "none"),
            "",
            *table([one | {"first broken rule": one["rule"]} for one in data["refused"]], _REFUSED),
        ],
    )


_REFUSED = ("kind", "field", "first broken rule", "rows")


def _answers(facts: Facts) -> Iterator[str]:
    rows = [
        {
            **one,
            "answers": f"{one['answers']:,}",
            **{name: _percent(one[name]) for name in ("share", "positive", "labels_known")},
        }
        for one in facts["answers"]
    ]
    columns = ("version", "arm", "answers", "share", "positive", "failed", "labels_known", "first_event", "last_event")
    yield from section(
        "Which model answered", table(_timed(rows), columns), "Nothing was answered that the lake holds."
    )
    if rows:
        # a line right below a table would be a row of it
        yield from ("", line("explanations given beside answers", f"{facts['data']['explanations']:,}"))


def _quality(facts: Facts) -> Iterator[str]:
    measures = table(
        [_rounded(one) for one in facts["quality"]], ("version", "metric", "realised", "low", "high", "judged")
    )
    nothing = "No window's labels became known in the period."
    yield from section("How good answers were", [_INTERVAL, "", *measures] if measures else [], nothing)
    apart = [one for one in facts["fairness"] if one["slice"].startswith("between ")]
    groups = _by_group([one for one in facts["fairness"] if one not in apart])
    columns = list(dict.fromkeys(name for row in groups for name in row))
    nothing = "No field is declared for fairness, or no labels became known of any."
    yield from section("Groups of people", table(groups, columns), nothing)
    if apart:
        yield from ["", "How far groups lie apart:", ""]
        yield from table([_rounded(one) for one in apart], ("version", "slice", "metric", "realised", "low", "high"))


def _by_group(rows: Sequence[Facts]) -> list[dict[str, Any]]:
    """A row a version and group, with a column for each measure."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in rows:
        row = found.setdefault((one["version"], one["slice"]), {"version": one["version"], "group": one["slice"]})
        row["judged"] = one["judged"]
        told = _rounded(one)
        span = "" if one["low"] is None else f" ({told['low']} to {told['high']})"
        row[one["metric"]] = f"{told['realised']}{span}"
    return list(found.values())


def _incidents(facts: Facts) -> Iterator[str]:
    found = facts["incidents"]
    told = [{**one, "alert": one["alert"][:12], "over": one["over"]} for one in found]
    columns = ("alert", "severity", "about", "raised", "state", "over", "message")
    yield from section("Incidents", table(_timed(told), columns), "No alert stood.")
    done = [
        # the alert itself is named already
        {**step, "alert": one["alert"][:12], "to": step["to"] if step["to"] != one["alert"] else None}
        for one in found
        for step in one["done"]
    ]
    if found:
        nothing = "The audit trail has nothing that was done about them."
        yield from ["", "### What was done about them", ""]
        yield from table(_timed(done), ("alert", "when", "who", "what", "to", "why")) or [nothing]


def _releases(facts: Facts) -> Iterator[str]:
    runs = table(_timed(facts["runs"]), ("ended", "run", "trigger", "outcome", "version", "result"))
    yield from section("Runs", runs, "None ended.")
    moves = table(_timed(facts["moves"]), ("when", "version", "from", "to", "by", "why"))
    yield from section("Versions released, retired and refused", moves, "None moved.")
    for one in facts["verdicts"]:
        said = "refused" if one["refused"] else "let through"
        yield from [
            "",
            f"### The gate on {one['version']}: {said}",
            "",
            cell(one["reason"]),
            "",
            *criteria(one["criteria"]),
        ]


def _actions(facts: Facts) -> Iterator[str]:
    yield from section("What people did", table(_timed(facts["people"]), _ACTIONS), "Nothing.")
    yield from section("What the services did", table(_timed(facts["services"]), _ACTIONS), "Nothing.")


def _personal(facts: Facts) -> Iterator[str]:
    about = facts["about"] or {"keep": None, "personal": []}
    removed = {name: f"{rows:,}" for name, rows in facts["data"]["removed"].items()}
    yield from section(
        "Retention and erasure",
        [
            line("rows are kept in the lake for", about["keep"] or "ever"),
            line("fields masked before anything durable holds them", ", ".join(about["personal"]) or "none"),
            line("rows removed from the lake in the period", removed or "none"),
            line("erasures asked for", f"{len(facts['erasures']):,}"),
            "",
            *table(_timed(facts["erasures"]), ("when", "who", "to", "why")),
        ],
    )


def _trail(facts: Facts) -> Iterator[str]:
    trail = facts["trail"]
    whole = "nothing was cut, swapped or edited" if trail["whole"] else "it is NOT as it was written"
    yield from section(
        "Audit trail",
        [
            line("records by the end of the period", f"{trail['records']:,}"),
            line("hash of the last", f"`{trail['hash']}`" if trail["hash"] else None),
            line("under the registry's signature", f"{trail['signed']:,}"),
            line("verified", f"topic and lake: {whole}"),
            *(f"- **{fault}**" for fault in trail["faults"]),
        ],
    )


def _timed(rows: Sequence[Facts]) -> list[dict[str, Any]]:
    """Rows with their times to the second, as people read them."""
    return [
        {name: one[:19].replace("T", " ") if name in _TIMES and one else one for name, one in row.items()}
        for row in rows
    ]


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.2%}"


def _rounded(row: Facts) -> dict[str, Any]:
    return {name: float(f"{one:.3g}") if isinstance(one, float) else one for name, one in row.items()}
