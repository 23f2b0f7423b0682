"""The report of a dataset: what names it, who learnt from it, and its profile. The same facts give the same text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.contracts.dataset_drift import MOVED
from services.contracts.datasets import Told

Facts = Mapping[str, Any]


def report(pipeline: str, told: Told, profile: Facts, last: Facts | None, moved: Mapping[str, float]) -> str:
    """As Markdown. last: the profile of the last dataset; moved: index of each column against it."""
    parts = (
        _named(told, profile),
        _warnings(profile),
        _label(profile, last),
        _drift(last, moved),
        _columns(profile),
        _pairs(profile),
    )
    sections = [line for part in parts for line in (*part, "")]
    return "\n".join([f"# {pipeline} dataset {told.value['dataset_id']}", "", *sections]).rstrip() + "\n"


def _named(told: Told, profile: Facts) -> Iterator[str]:
    value = told.value
    yield f"- features `{value['feature_set']}`, label policy `{value['label_policy']}`"
    yield f"- labels known before {_time(value['clock'])}"
    if profile["rows"]:
        yield f"- events from {_time(profile['from_time'])} to {_time(profile['through_time'])}"
    for started, finished in told.runs:
        came = "is worked on" if finished is None else finished["outcome"]
        version = f", {finished['version']}" if finished and finished["version"] else ""
        yield f"- run `{started['run_id']}`: {came}{version}"
    yield ""
    yield "Its name is a digest of these ranges of `outcomes` and of the two digests above:"
    yield ""
    names = ("partition", "from_offset", "to_offset", "matured_seq")
    yield from _table(
        ("partition", "from", "to before", "events up to"), ([one[name] for name in names] for one in value["ranges"])
    )


def _warnings(profile: Facts) -> Iterator[str]:
    yield "## Leaks"
    yield ""
    for one in profile["findings"]:
        yield f"- **{'leak' if one['is_leak'] else 'warning'}:** {one['message']}"
    if not profile["findings"]:
        yield "None was found."


def _label(profile: Facts, last: Facts | None) -> Iterator[str]:
    yield "## Label"
    yield ""
    if "classes" in profile:
        yield from _classes(profile, last)
        return
    if profile["positives"] is None:
        yield from _numbers(profile, last)
        return
    yield f"{profile['rows']:,} rows, {profile['positives']:,} of them positive: {_share(profile)}."
    if last is not None:
        yield f"The last dataset, `{last['dataset_id']}`, had {last['rows']:,}, {_share(last)} of them positive."


def _classes(profile: Facts, last: Facts | None) -> Iterator[str]:
    """Rows of each of several classes, beside those of the last dataset."""
    names = list(profile["classes"])
    yield from _table(
        ("dataset", "rows", *names),
        (
            [f"`{one['dataset_id']}`", f"{one['rows']:,}", *(f"{one['classes'].get(name, 0):,}" for name in names)]
            for one in (profile, last)
            if one is not None and "classes" in one
        ),
    )


def _numbers(profile: Facts, last: Facts | None) -> Iterator[str]:
    """Labels that are numbers, beside those of the last dataset."""
    shares = list(profile["spread"]["quantiles"])
    yield from _table(
        ("dataset", "rows", "min", *shares, "max", "mean", "deviation"),
        (
            [f"`{one['dataset_id']}`", f"{one['rows']:,}", *map(_number, _measures(one["spread"], shares))]
            for one in (profile, last)
            if one is not None
        ),
    )


def _measures(spread: Facts, shares: Sequence[str]) -> Iterator[float | None]:
    yield spread["minimum"]
    yield from (spread["quantiles"].get(share) for share in shares)
    yield from (spread[name] for name in ("maximum", "mean", "deviation"))


def _drift(last: Facts | None, moved: Mapping[str, float]) -> Iterator[str]:
    yield "## Drift from the last dataset"
    yield ""
    if last is None:
        yield "There is no earlier dataset that has a profile."
    elif not moved:
        yield "It has no new rows."
    else:
        far = {name: index for name, index in moved.items() if index >= MOVED}
        yield f"Population stability index of its new rows against those of the last: below {MOVED} a column is stable."
        yield ""
        yield from _table(("column", "index"), ((f"`{name}`", _number(index)) for name, index in far.items()))
        yield ""
        yield f"{len(moved) - len(far)} of {len(moved)} columns are stable."


def _columns(profile: Facts) -> Iterator[str]:
    yield "## Columns"
    yield ""
    yield "*with label*: correlation. Columns in brackets travel with an event, but are not learnt from."
    yield ""
    head = ("column", "type", "rows", "missing", "distinct", "min", "mean", "deviation", "max", "with label")
    yield from _table(head, map(_column, profile["columns"]))
    numbers = [one for one in profile["columns"] if one["quantiles"]]
    if numbers:
        shares = list(numbers[0]["quantiles"])
        yield ""
        yield "Quantiles:"
        yield ""
        rows = ([_name(one), *(_number(one["quantiles"][share]) for share in shares)] for one in numbers)
        yield from _table(("column", *shares), rows)
    yield ""
    yield "Most frequent values:"
    yield ""
    yield from _table(("column", "values"), ((_name(one), _top(one)) for one in profile["columns"]))


def _pairs(profile: Facts) -> Iterator[str]:
    yield "## Numbers that go together"
    yield ""
    rows = ((f"`{one['one']}`", f"`{one['other']}`", _number(one["correlation"])) for one in profile["pairs"])
    yield from _table(("one", "other", "correlation"), rows)


def _column(one: Facts) -> Sequence[Any]:
    missing = f"{one['missing'] / one['rows']:.1%}" if one["rows"] else "–"
    ranged = (_number(one[name]) for name in ("minimum", "mean", "deviation", "maximum", "correlation"))
    return (_name(one), one["type"], f"{one['rows']:,}", missing, f"{one['distinct']:,}", *ranged)


def _name(one: Facts) -> str:
    return f"`{one['name']}`" if one["input"] else f"(`{one['name']}`)"


def _top(one: Facts) -> str:
    """Values come from people: what would end a cell or begin a link is kept from it."""
    told = (f"{_value(top['value'])} {top['rows'] / one['rows']:.1%}" for top in one["top"])
    return ", ".join(told) or "–"


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "`" + value.replace("|", "\\|").replace("`", "'") + "`"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)


def _share(profile: Facts) -> str:
    return f"{profile['positives'] / profile['rows']:.2%}" if profile["rows"] else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _time(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
