"""Every mistake of names, types and values in a pipeline file is reported, at the line and column it stands on."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from services.contracts.pipeline import Mistake, Pipeline, PipelineInvalid, check, load
from tests.unit.contracts.cards import EVENT, LABEL, TEXTS, YAML, assert_only, changed, mistakes_of


def test_the_text_they_all_begin_with_has_none() -> None:
    assert Pipeline.from_texts(TEXTS).name == "payments"


KEEP = "model.imbalance.keep_negatives"
MANY, WHOLE = "expected at least 1 or 'all'", "expected a whole number or 'all'"

# what is replaced, by what, the line of the mistake, the text at its column, its path, a part of the message
WRONG: list[tuple[str, str, int, str, str, str]] = [
    # names and types
    ("name: payments", "name: Pay.ments", 2, "Pay.ments", "name", "is 'Pay.ments'; expected text that matches"),
    ("name: payments", "name: 7", 2, "7", "name", "is the number 7; expected text"),
    ("driftmill: 1", "driftmill: 2", 1, "2", "driftmill", "expected 1"),
    ("name: payments\n", "", 1, "driftmill", "name", "is required"),
    ("  id: payment_id\n", "", 5, "event", "event.id", "is required"),
    ("field: paid_at, ", "", 8, "time", "event.time.field", "is required"),
    ("model:\n  inputs: [amount, country, customer.*, row.*]", "model:", 28, "model", "model.inputs", "is required"),
    ("retrain:", "retrian:", 34, "retrian", "retrian", "did you mean 'retrain'?"),
    ("smooth: 20", "smoth: 20", 24, "smoth", "features.customer.risk.smoth", "did you mean 'smooth'?"),
    ("1/week}", "1/week, colour: red}", 36, "colour", "monitor.colour", "known here: window, false_alarms"),
    ("learners: [logistic]", "learners: [logistc]", 30, "logistc", "model.learners[0]", "did you mean 'logistic'?"),
    ("learners: [logistic]", "learners: 3", 30, "3", "model.learners", "is the number 3"),
    ("slice: true", "slice: yes", 11, "yes", "event.fields.country.slice", "is 'yes'; expected true or false"),
    ("monitor: {false_alarms: 1/week}", "monitor: []", 36, "[]", "monitor", "is an empty list; expected a mapping"),
    ("monitor: {false_alarms: 1/week}", "monitor:", 36, "monitor", "monitor", "has no value"),
    ("prior: 0.02", "prior: 2", 16, "2", "label.target.prior", "less than 1"),
    ("lags: [1, 2]", "lags: [0, 2]", 23, "0", "features.customer.past.lags[0]", "at least 1"),
    ("schema: event.avsc", "schema: ../event.avsc", 6, "../event", "event.schema", "matches"),
    ("country: {slice: true}", "a-b: {}", 11, "a-b", "event.fields.a-b", "expected text that matches"),
    # negatives kept
    ("learners: [", "imbalance: {keep_negatives: 0}\n  learners: [", 30, "0", KEEP, "is the number 0; " + MANY),
    ("learners: [", "imbalance: {keep_negatives: -3}\n  learners: [", 30, "-3", KEEP, "is the number -3; " + MANY),
    ("learners: [", "imbalance: {keep_negatives: 2.5}\n  learners: [", 30, "2.5", KEEP, "is the number 2.5; " + WHOLE),
    ("learners: [", "imbalance: {keep_negatives: every}\n  learners: [", 30, "every", KEEP, "is 'every'; " + WHOLE),
    ("learners: [", "imbalance: {keep_negatives: true}\n  learners: [", 30, "true", KEEP, "is true; " + WHOLE),
    ("learners: [", "imbalance: {keep_negatives: }\n  learners: [", 30, "keep", KEEP, "has no value"),
    (
        "learners: [",
        "imbalance: {keep_negative: 5}\n  learners: [",
        30,
        "keep",
        KEEP[:-1],
        "did you mean 'keep_negatives'?",
    ),
    ("learners: [", "imbalance: 20\n  learners: [", 30, "20", "model.imbalance", "expected a mapping"),
    # rows that are kept
    (
        "monitor: {",
        "lake: {keep: 9d}\nmonitor: {",
        36,
        "9d",
        "lake.keep",
        "gone after 9d, before their labels mature (10d)",
    ),
    ("monitor: {", "lake: {keep: 0d}\nmonitor: {", 36, "0d", "lake.keep", "must be longer than nothing"),
    ("monitor: {", "lake: {}\nmonitor: {", 36, "lake", "lake.keep", "is required"),
    # durations and rates
    ("lateness: 10m", "lateness: 10", 8, "10}", "event.time.lateness", "a duration needs a unit"),
    ("lateness: 10m", "lateness: soon", 8, "soon", "event.time.lateness", "a duration is a whole number and a unit"),
    ("lateness: 10m", "lateness: 999999d", 8, "999999d", "event.time.lateness", "at most a hundred years"),
    ("windows: [1d, 7d]", "windows: [1d, 0d]", 19, "0d", "features.default.windows[1]", "longer than nothing"),
    ("1/week", "1/fortnight", 36, "1/fort", "monitor.false_alarms", "a rate is a number, a slash"),
    ("1/week", "1/0d", 36, "1/0d", "monitor.false_alarms", "longer than nothing"),
    ("1/week}", "1/week, explain: 0.01}", 36, "0.01", "monitor.explain", "and a percent sign, such as 1% or 0.5%"),
    ("1/week}", "1/week, explain: 0%}", 36, "0%", "monitor.explain", "a share is a number above 0, at most 100"),
    ("1/week}", "1/week, explain: 101%}", 36, "101%", "monitor.explain", "a share is a number above 0, at most 100"),
    (
        "learners: [",
        "history: {try: [all, {half_life: 0d}]}\n  learners: [",
        30,
        "0d",
        "model.history.try[1].half_life",
        "longer than nothing",
    ),
    # names of later versions
    ("  time: {field", "  fields2: {}\n  time: {field", 8, "fields2", "event.fields2", "did you mean 'fields'?"),
    (
        "{key: customer_id}",
        "{key: customer_id, primary: 1}",
        4,
        "1",
        "entities.customer.primary",
        "expected true or false",
    ),
    (
        "is_fraud, positive",
        "is_fraud, kind: anomaly, positive",
        16,
        "anomaly",
        "label.target.kind",
        "anomaly has no labels",
    ),
    ("entities:", "clock: wall\nentities:", 3, "wall", "clock", "not supported yet"),
    # sections that contradict themselves
    ("above: baseline}", "above: baseline, at_least: 1}", 33, "{", "evaluate.accept[0]", "exactly one of above"),
    ("above: baseline}", "by: contry, at_least: 1}", 33, "contry", "evaluate.accept[0].by", "did you mean 'country'?"),
    ("above: baseline}", "by: channel, at_least: 1}", 33, "channel", "evaluate.accept[0].by", "neither a slice nor"),
    ("{labels: {rows: 100}}", "{labels: {rows: 1}, every: 1d}", 35, "{", "retrain.when[0]", "exactly one of alert"),
    ("learners: [", "decide: {}\n  learners: [", 30, "{}", "model.decide", "needs cost, at_most or both"),
    ("learners: [", "search: {trials: 3, at_once: 4}\n  learners: [", 30, "{t", "model.search", "at most the 3 trials"),
    ("learners: [", "decide: {at_most: 200}\n  learners: [", 30, "200", "model.decide.at_most", "200/day"),
    ("learners: [", "decide: {at_most: 0/day}\n  learners: [", 30, "{", "model.decide", "more than nothing"),
    ("accept: [", "backtest: 21\n  accept: [", 33, "21", "evaluate.backtest", "at most 20"),
    ("{labels: {rows: 100}}", "{changed: label}", 35, "label", "retrain.when[0].changed", "is 'label'"),
    ("{labels: {rows: 100}}", "{labels: {}}", 35, "{}", "retrain.when[0].labels", "needs rows, positives or both"),
    ("{labels: {rows: 100}}", "{every: 1d, wait: {}}", 35, "{", "retrain.when[0]", "only an alert waits"),
    ("{rule: amount > 220}", "{rule: a, last: b}", 31, "{", "model.baseline", "a baseline is prior"),
    ("[logistic]", "[{voting: [logistic]}]", 30, "[log", "model.learners[0].voting", "expected at least 2"),
    ("[logistic]", "[{voting: [mlp, mlp]}]", 30, "{", "model.learners[0]", "names a learner twice"),
    ("[logistic]", "[{voting: [mlp, mpl]}]", 30, "mpl", "model.learners[0].voting[1]", "did you mean 'mlp'?"),
    (
        "[logistic]",
        "[{voting: [mlp, forest], stacking: [mlp, forest]}]",
        30,
        "{",
        "model.learners[0]",
        "exactly one of",
    ),
    ("{rule: amount > 220}", "mean", 31, "mean", "model.baseline", "is 'mean'"),
    ("maturity: 10d", "maturity: 5d", 17, "5d", "label.known.maturity", "before labels are expected"),
]


@pytest.mark.parametrize(("old", "new", "line", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(old: str, new: str, line: int, at: str, path: str, message: str) -> None:
    assert_only(changed(old, new), line, at, path, message)


# the whole file, the mistake's line, a part of its text
NOT_YAML: list[tuple[str, int, str]] = [
    ("a: [1\nb: 2\n", 2, "isn't YAML"),
    ("\ta: 1", 1, "isn't YAML"),
    ("a: &x [1]\nb: *y\n", 2, "isn't YAML"),
    ("x" * 300_000, 1, "longer than 200000 characters"),
    ("[" * 300, 1, "isn't"),
    ("a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
        for old, new in zip("abcdef", "bcdefg", strict=True)
    ), 1, "more than 20000 values"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), NOT_YAML)
def test_what_is_no_yaml_is_refused(text: str, line: int, message: str) -> None:
    mistakes = mistakes_of({**TEXTS, "pipeline.yaml": text})
    assert (mistakes[0].line, len(mistakes)) == (line, 1)
    assert message in str(mistakes[0])


def test_a_key_that_stands_twice_is_a_mistake() -> None:
    mistakes = mistakes_of(changed("name: payments", "name: payments\nname: payments2"))
    assert [str(mistake) for mistake in mistakes] == [
        "pipeline.yaml:3:1: name: 'name' stands twice; the first is in line 2"
    ]


def test_an_empty_file_says_all_that_is_required() -> None:
    paths = {mistake.path for mistake in mistakes_of({**TEXTS, "pipeline.yaml": ""})}
    assert paths == {"driftmill", "name", "entities", "event", "label", "model"}


def test_every_mistake_is_reported_not_only_the_first() -> None:
    edits: list[Callable[[str], str]] = [
        lambda text: text.replace("name: payments", "name: 5"),
        lambda text: text.replace("check: amount > 0", "check: amuont > 0"),
        lambda text: text.replace("maturity: 10d", "maturity: 1d"),
        lambda text: text.replace("agg: [count, mean]", "agg: [count, meen]"),
        lambda text: text.replace("smooth: 20", "smoth: 20"),
        lambda text: text.replace("hour(paid_at)", "hour(amount)"),
        lambda text: text.replace("[amount, country", "[amount, contry"),
        lambda text: text.replace("1/week", "weekly"),
    ]
    text = YAML
    for edit in edits:
        text = edit(text)
    mistakes = mistakes_of({**TEXTS, "pipeline.yaml": text})
    assert [mistake.line for mistake in mistakes] == [2, 10, 17, 21, 24, 27, 29, 36]
    with pytest.raises(PipelineInvalid, match="the pipeline has 8 mistakes:"):
        Pipeline.from_texts({**TEXTS, "pipeline.yaml": text})


def test_a_wrong_feature_does_not_make_its_readers_wrong() -> None:
    mistakes = mistakes_of(changed("agg: [count, mean]", "agg: [count, meen]"))
    assert [mistake.path for mistake in mistakes] == ["features.customer.spend.agg[1]"]


def test_a_country_called_no_stays_text() -> None:
    fields = Pipeline.from_texts(changed("slice: true", "one_of: [NO, DK, on]")).event.fields
    assert fields["country"].one_of == ("NO", "DK", "on")


def test_files_that_are_absent_are_named(tmp_path: Path) -> None:
    assert "there is no such directory" in str(check(tmp_path / "nowhere")[0])
    assert [str(mistake) for mistake in check(tmp_path)] == ["pipeline.yaml: there is no such file"]
    (tmp_path / "pipeline.yaml").write_text(YAML)
    (tmp_path / "event.avsc").write_text(EVENT)
    assert [str(mistake) for mistake in check(tmp_path)] == [
        "pipeline.yaml:15:11: label.schema: there is no file 'label.avsc' beside it"
    ]
    (tmp_path / "label.avsc").write_bytes(b"\xff\xfe")
    assert "isn't UTF-8" in str(check(tmp_path)[0])
    (tmp_path / "label.avsc").write_text(LABEL)
    assert check(tmp_path) == []
    assert load(tmp_path).texts == TEXTS


def test_no_text_breaks_the_reading() -> None:
    chance = random.Random(11)
    scraps = (
        "null",
        "[]",
        "{",
        "-1",
        "7d",
        "'",
        "*",
        "&a",
        ": ",
        "\n  ",
        "1e400",
        ".nan",
        "? ",
        "!!x",
        "<<: ",
        "0x1",
        "",
    )
    for _ in range(150):
        text = YAML
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(text))
            text = text[:start] + chance.choice(scraps) + text[start + chance.choice((0, 1, 9, 90)) :]
        mistakes: list[Mistake] = []
        try:
            Pipeline.from_texts({**TEXTS, "pipeline.yaml": text})
        except PipelineInvalid as invalid:
            mistakes = invalid.mistakes
            assert mistakes
        assert all(mistake.line > 0 for mistake in mistakes)
