"""The model section: inputs, learners, what they are chosen by, and the baseline they must beat."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from services.contracts.pipeline.metric import OF_EVEN_ODDS, Metric
from services.contracts.pipeline.section import Count, Identifier, Listed, OneOrMore, Positive, Real, Section, Share
from services.contracts.pipeline.units import Duration, Moment, Percent, Rate

Family: TypeAlias = Literal["logistic", "linear", "hist_boosting", "forest", "mlp", "isolation_forest"]

Joined: TypeAlias = Annotated[tuple[Family, ...], Listed, Field(min_length=2)]


class Custom(Section):
    """An ensemble of learners, which are tried by themselves too, or an estimator of one's own: one of the three.

    voting: the mean of their scores; stacking: the weighted mean that errs least on the newest fifth of the rows, when
    the members haven't seen it.
    estimator: a function of `learners.py` beside the file. It is given the names of the columns of numbers (float32,
    NaN where missing), those of categories (text) and a seed, and gives a scikit-learn classifier (a regressor where a
    number is predicted) that reads a data frame with these columns and can be written as ONNX.
    """

    voting: Joined | None = None
    stacking: Joined | None = None
    estimator: Identifier | None = None

    @property
    def ensemble(self) -> tuple[Literal["voting", "stacking"], tuple[Family, ...]] | None:
        """How its members are joined, and these; None if it has none."""
        if self.voting is not None:
            return "voting", self.voting
        return None if self.stacking is None else ("stacking", self.stacking)

    @property
    def families(self) -> tuple[str, ...]:
        """What is tried by itself."""
        return (self.estimator,) if self.estimator is not None else self.voting or self.stacking or ()

    @model_validator(mode="after")
    def _one(self) -> "Custom":
        if sum(said is not None for said in (self.voting, self.stacking, self.estimator)) != 1:
            raise ValueError("needs exactly one of voting, stacking and estimator")
        if len(set(self.families)) < len(self.families):
            raise ValueError("names a learner twice")
        return self


Learner: TypeAlias = Family | Custom


class Search(Section):
    """A search over the learners' settings: at most `trials`, at most `seconds` of wall time.

    at_once (default: 1): so many are asked for before the first of them is answered; that many can be worked on at a
    time, and the search learns a little less from each.
    """

    trials: Count = 20
    seconds: Count = 120
    at_once: Count | None = None

    @model_validator(mode="after")
    def _within(self) -> "Search":
        if self.at_once is not None and self.at_once > self.trials:
            raise ValueError(f"at_once is {self.at_once}: expected at most the {self.trials} trials")
        return self


class Decay(Section):
    """All training rows, each counting half as much as one that is `half_life` younger."""

    half_life: Annotated[Duration, Positive]


class History(Section):
    """How far back training rows reach, or how fast they fade: each of `choices` is tried, the best on `choose_on` is
    taken."""

    choices: Annotated[
        tuple[Literal["all", "since_change"] | Decay | Annotated[Duration, Positive], ...],
        OneOrMore,
        Field(min_length=1),
    ] = Field(default=("all",), alias="try")
    choose_on: Literal["validation"] = "validation"


class Imbalance(Section):
    """Where positives are rare, `hist_boosting` learns from at most `keep_negatives` negatives to a positive.

    Its scores are corrected to the odds among all rows; what measures and chooses is never thinned. `all`: from all.
    """

    keep_negatives: Count | Literal["all"] = 20


class Baseline(Section):
    """What answers before the first model, and what a model must beat: the prior, a feature's value, or a rule.

    In the file: `prior`, `{last: <feature>}` (its value is the score, the prior where it is missing) or `{rule:
    <expression>}` (true is 1, false is 0; a number is the score).
    """

    prior: Literal[True] | None = None
    last: str | None = None
    rule: str | None = None

    @property
    def kind(self) -> Literal["prior", "last", "rule"]:
        """Which of the three it is."""
        if self.last is not None:
            return "last"
        return "prior" if self.rule is None else "rule"

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return {"prior": True} if value == "prior" else value

    @model_validator(mode="after")
    def _one(self) -> "Baseline":
        if sum(given is not None for given in (self.prior, self.last, self.rule)) != 1:
            raise ValueError("a baseline is prior, {last: <feature>} or {rule: <expression>}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The word, or one of the mappings."""
        return {"anyOf": [{"const": "prior"}, super().__get_pydantic_json_schema__(schema, handler)]}

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler) -> Any:
        return "prior" if self.prior else handler(self)


class Cost(Section):
    """What a wrong decision costs, in any unit: a number, or an expression over what travels to the model.

    missed: a positive that is decided negative; false_alarm: a negative that is decided positive. Where an expression
    is missing or negative, it is nothing.
    """

    missed: Real | str
    false_alarm: Real | str


class Decide(Section):
    """The score from which a row is decided positive: where wrong decisions on the validation rows cost least, and no
    more of them are decided positive than `at_most` a period.

    alert_rate: of anomalies only, which have nothing else of this: the share of clean validation rows that may be
    flagged (default 1%)."""

    cost: Cost | None = None
    at_most: Rate | None = None
    alert_rate: Percent | None = None

    @model_validator(mode="after")
    def _some(self) -> "Decide":
        if self.cost is None and self.at_most is None and self.alert_rate is None:
            raise ValueError("needs cost, at_most or both, or alert_rate")
        if self.at_most is not None and self.at_most.count == 0:
            raise ValueError("at_most is more than nothing, such as 200/day")
        return self


class Clean(Section):
    """The time whose events are declared to be usual: from `since` to before `to`; without `to`, all that come."""

    since: Moment = Field(alias="from")
    to: Moment | None = None

    @model_validator(mode="after")
    def _some(self) -> "Clean":
        if self.to is not None and self.to <= self.since:
            raise ValueError(f"ends at {self.to}, which isn't after {self.since}")
        return self


class Model(Section):
    """What is learnt from what.

    task: anomaly, where events have no labels: what is usual is learnt from those of the `clean` time.

    inputs: names and globs (`customer.*`). served: what else travels to the model, for one that still reads
    what new ones are not to learn from; names and globs. learners (default): hist_boosting, and the linear one of the
    kind: logistic, or linear for numbers. optimise (default): average_precision for rare positives, else roc_auc; mae
    for numbers, log_loss for several classes, average_precision for anomalies. imbalance, calibrate, decide: where one
    class is positive only. interval: for numbers only, the share of labels that the interval beside each answer is to
    hold (default 0.9).
    """

    task: Literal["anomaly"] | None = None
    clean: Clean | None = None
    inputs: Annotated[tuple[str, ...], Listed] = Field(min_length=1)
    served: Annotated[tuple[str, ...], Listed] = ()
    learners: Annotated[tuple[Learner, ...], OneOrMore] | None = Field(default=None, min_length=1)
    optimise: Metric | None = None
    search: Search | None = None
    history: History = History()
    imbalance: Imbalance | None = Imbalance()
    calibrate: Literal["sigmoid"] | None = None
    decide: Decide | None = None
    interval: Share | None = None
    baseline: Baseline = Baseline(prior=True)

    @property
    def cost(self) -> Cost | None:
        """What wrong decisions cost, if the file says it."""
        return None if self.decide is None else self.decide.cost

    @property
    def alert_rate(self) -> float | None:
        """Share of clean events that may be flagged, where there are no labels."""
        rate = None if self.decide is None else self.decide.alert_rate
        return None if rate is None else rate.share

    @property
    def decided_by(self) -> Metric:
        """The measure by which two policies for the same scores are compared: of classes only."""
        if self.cost is not None:
            return "cost"
        return "accuracy" if self.optimise in OF_EVEN_ODDS else "f1"

    @property
    def estimators(self) -> Mapping[int, str]:
        """Those of one's own: place among the learners → function."""
        each = enumerate(self.learners or ())
        return {i: one.estimator for i, one in each if isinstance(one, Custom) and one.estimator is not None}

    @property
    def ensembles(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """How several learners are joined, and these."""
        each = (one.ensemble for one in self.learners or () if isinstance(one, Custom))
        return tuple(one for one in each if one is not None)

    @property
    def families(self) -> tuple[str, ...]:
        """Of learners, members of ensembles among them, each once."""
        each = ((one,) if isinstance(one, str) else one.families for one in self.learners or ())
        return tuple(dict.fromkeys(name for names in each for name in names))
