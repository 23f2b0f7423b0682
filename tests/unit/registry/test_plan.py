"""The way to champion, as the file says it."""

from services.contracts.pipeline import Pipeline
from services.registry.domain.flight import Flight
from services.registry.domain.plan import Confirmation, Plan, Stage, plan_of
from tests.unit.contracts.cards import TEXTS, changed
from tests.unit.registry.play import DAY, PLAN


def test_without_a_word_there_are_no_stages() -> None:
    plan = plan_of(Pipeline.from_texts(TEXTS), 2)
    assert plan == Plan(partitions=2)


def test_all_that_the_file_says() -> None:
    text = (
        "release: {approval: true, shadow: {for: 2d, at_least: 7}, canary: {steps: [10, 100], each: 3d, at_least: 9,"
        " guard: errors}, confirm: {alpha: 0.1, within: 20d, else: keep}, limits: {per_day: 4}}\nretrain:"
    )
    assert plan_of(Pipeline.from_texts(changed("retrain:", text)), 3) == Plan(
        approval=True,
        stages=(
            Stage("shadow", 0.0, 2 * DAY, 7),
            Stage("canary", 0.1, 3 * DAY, 9),
            Stage("canary", 1.0, 3 * DAY, 9),
        ),
        guards=("errors",),
        confirmation=Confirmation(0.1, 20 * DAY, True),
        per_day=4,
        partitions=3,
    )


def test_a_flight_has_its_place_even_where_the_steps_were_changed() -> None:
    places = [PLAN.place(Flight("v2", "canary", share)) for share in (0.05, 0.1, 0.25, 1.0)]
    assert places == [1, 2, 2, 3]
    assert PLAN.place(Flight("v2", "shadow")) == 0
    assert Plan(stages=PLAN.stages[1:]).place(Flight("v2", "shadow")) == 2


def test_stages_have_names() -> None:
    assert [str(stage) for stage in PLAN.stages] == ["shadow", "canary at 5%", "canary at 25%", "canary at 100%"]
