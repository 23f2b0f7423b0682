"""What a version or a dataset has touched, as Markdown. facts: as `touched` tells them."""

from collections.abc import Iterator

from services.cli.domain.lineage_page import lineage_parts
from services.cli.domain.page_parts import Facts, line, section, table

AUDIT = ("clock", "audit_id", "actor", "action", "subject", "reason")
ALERTS = ("alert_id", "kind", "name", "version", "began", "raised", "over", "message")
_ANSWERS = ("state", "policy", "events", "failed", "from", "through")
_OUTCOMES = ("status", "policy", "events", "corrected")


def version_page(facts: Facts) -> str:
    """Of a version."""
    return _page(f"# {facts['version']}, now {facts['state']}", _of_version(facts))


def dataset_page(facts: Facts) -> str:
    """Of a dataset."""
    return _page(f"# Dataset {facts['dataset']}", _of_dataset(facts))


def _of_version(facts: Facts) -> Iterator[str]:
    yield from section("Answers", table(facts["answers"], _ANSWERS), "It has answered no event that the lake holds.")
    yield from section("Outcomes", table(facts["outcomes"], _OUTCOMES), "None yet.")
    yield from lineage_parts(facts)
    yield from section("Alerts", table(facts["alerts"], ALERTS), "None was raised about it.")
    yield from section("Audit trail", table(facts["audit"], AUDIT), "Nothing.")


def _of_dataset(facts: Facts) -> Iterator[str]:
    yield ""
    yield line("labels known before", facts["clock"])
    yield line("labelled rows", f"{facts['rows']:,}, of them positive {facts['positives']:,}")
    yield line("features", facts["feature_set"])
    yield line("label policy", facts["label_policy"])
    ranges = table(facts["ranges"], ("partition", "from_offset", "to_offset", "matured_seq"))
    yield from section("Ranges of outcomes", ranges)
    runs = table(facts["runs"], ("run", "trigger", "accepted", "outcome", "version", "reason"))
    yield from section("Runs that learnt from it", runs, "None.")
    for one in facts["versions"]:
        answers = table(one["answers"], _ANSWERS)
        yield from section(f"Answers of {one['version']}, now {one['state']}", answers, "None that the lake holds.")
        yield from section(f"Outcomes of {one['version']}", table(one["outcomes"], _OUTCOMES))
    yield from section("Audit trail", table(facts["audit"], AUDIT), "Nothing.")


def _page(title: str, lines: Iterator[str]) -> str:
    return "\n".join([title, *lines]) + "\n"
