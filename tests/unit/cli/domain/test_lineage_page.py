from services.cli.domain.lineage import lineage
from services.cli.domain.lineage_page import lineage_parts
from tests.unit.cli.domain.recorded import control


def parts(name: str, **changed: list[object]) -> str:
    its = lineage(control(**changed), name, "signed by the trusted key signing")  # type: ignore[arg-type]
    assert its is not None
    return "\n".join(lineage_parts(its))


def test_training_gate_moves_and_requests_follow_each_other() -> None:
    told = parts("v2")
    heads = [row for row in told.splitlines() if row.startswith("## ")]
    assert heads == ["## Training of v2", "## Gate of v2", "## Moves of v2", "## Asked for by people, of v2"]
    assert "- file: SHA-256 `9f2c`, signed by the trusted key signing" in told
    assert "- run: `r2`, accepted 1970-01-01T00:00:51Z; alert, it drifted" in told
    assert "  partition 1, offsets from 0 to before 9, of events up to number 5" in told
    assert "- configuration: `c1`, applied 1970-01-01T00:00:05Z by ann" in told
    assert "- code: image driftmill:then, numpy 2.4" in told
    assert "| 1970-01-01T00:01:10Z | canary | rejected | ann | too dear | 0 |" in told
    assert "| errors | no | 0.75 |" in told
    assert "| q2 | RollbackRequested | ann | too dear |" in told


def test_what_is_not_recorded_any_more_is_said() -> None:
    told = parts("v1", runs=[], configs=[], requests=[])
    assert "not in `runs` any more" in told
    assert "not in `configs` any more" in told
    assert "Nobody has asked for anything." in told
