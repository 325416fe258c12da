"""Settings of attacks on a score, and of jobs that make them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cobra.attacks.strategies import FAB, STRATEGIES, having, kinds, summaries, traits
from cobra.data.settings import TestSubset
from cobra.detectors.settings import ScoreSettings
from cobra.settings.section import PAPER_EPS, DistinctNames, Name, OneOf, Ratio, Section, setting


class StopSettings(Section):
    """When an image gets no further restart (ours): once some of its restarts agree on its worst score."""

    after: int = setting(
        3, "Restarts that must agree; at least one of each of step_ratios.", paper="never", ge=2
    )
    within: float = setting(
        0.001,
        "A restart agrees if its worst score is off the worst of all by at most this share of the image's "
        "gain, from its clean score to that worst.",
        ge=0,
        lt=1,
    )


AttackKind = Annotated[str, OneOf(kinds())]
STEPPING = " and ".join(having("step_size"))  # the kinds that climb by a step size which is set


class SourceSettings(Section):
    """The detector on which a transfer attack is made: of the same data set and class."""

    methods: list[Name] = setting(
        [], "The first of these that is not the attacked method; empty: the attacked method."
    )
    seed: Annotated[int, Field(ge=0)] | Literal["next"] | None = setting(
        None, "A seed, or next: the one after the attacked detector's in seeds; empty: its own."
    )


class AttackSettings(Section):
    """An attack on a score, the worst score per image kept (docs/method.md)."""

    kind: AttackKind = setting("pgd", summaries(), paper="pgd", released="pgd")
    norm: Literal["linf", "l2"] = setting(
        "linf", "Norm of eps; l2: its length over all pixels.", paper="linf"
    )
    eps: Annotated[Ratio, Field(ge=0)] | None = setting(
        None, "Budget in [0, 1] pixels, at most 1 in l-inf; empty: the data set's.", paper=PAPER_EPS
    )
    steps: int = setting(
        1000, "Steps per restart: gradients, or queries of a score.", paper=1000, released=10, ge=1
    )
    restarts: int = setting(10, "Random restarts.", paper=10, released=1, ge=1)
    step_ratios: list[Annotated[float, Field(gt=0)]] = setting(
        [2.5],
        f"{STEPPING}: step size = ratio x eps / steps; restarts take the ratios in turn. Small "
        "steps stall on a saturated score, where a large one (steps / 2: half of eps at once) does not.",
        released=[2.5],
        min_length=1,
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32",
        f"{STEPPING}: format of the arithmetic behind gradients (ours). bf16: iterates are chosen by "
        "scores in bf16, and the score itself is taken in fp32 of the chosen ones; the last steps (a "
        "fiftieth, at least 5) are in fp32 throughout; no other score counts.",
    )
    keep: Literal["worst", "last"] = setting(
        "worst",
        "Which score of an image counts: the worst of all iterates and restarts, the unperturbed image "
        f"included (ours); or, for {STEPPING}, that of the last iterate (worst of the restarts).",
        released="last",
    )
    target: Literal["both", "normal", "anomalies"] = setting(
        "both", "Which test images are attacked.", paper="both"
    )
    objective: Literal["score", "logsumexp", "topk"] = setting(
        "score",
        "What gradients are taken of: the score, or the similarity with its maximum over neighbours smoothed "
        "(the detector must offer it). The score itself decides what is kept.",
    )
    temperature: float = setting(0.05, "logsumexp: T log sum exp(similarity / T).", gt=0)
    neighbours: int = setting(10, "topk: mean similarity to this many nearest.", ge=1)
    source: SourceSettings | None = setting(
        None, "Take gradients of another detector's score (transfer); empty: white-box."
    )
    stop: StopSettings | None = setting(
        None, "Spare an image the restarts that no longer help, for all but a3 and fab (ours); empty: never."
    )
    false_alarms: float = setting(
        0.05, "fab: share of the normal test images above the threshold.", gt=0, lt=1
    )

    @property
    def traits(self) -> frozenset[str]:
        """What may be asked of the kind (cobra/attacks/strategies)."""
        return traits(self.kind)

    @property
    def modules(self) -> list[str]:
        """The modules that they name: part of the code behind what is made with them."""
        return STRATEGIES.modules([self.kind])

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.norm == "l2" and "l2" not in self.traits:
            raise ValueError(f"norm l2 is not for {self.kind}: choose among {', '.join(having('l2'))}")
        if self.norm == "l2" and self.eps is None:
            raise ValueError("norm l2 needs an eps of its own: the data set's is for l-inf")
        if self.norm == "linf" and self.eps is not None and self.eps > 1:
            raise ValueError("eps above 1 is more than a pixel's whole range: give a ratio such as 4/255")
        if "gradient" not in self.traits and (self.source or self.objective != "score"):
            raise ValueError(f"{self.kind} takes no gradient: remove source and objective")
        if self.precision != "fp32" and ("step_size" not in self.traits or self.source):
            raise ValueError(f"precision bf16 is for {STEPPING} without a source: set fp32")
        if self.precision != "fp32" and self.objective != "score":
            raise ValueError("precision bf16 and objective exclude each other: set fp32")
        if self.kind == FAB and (self.source or self.objective != "score"):
            raise ValueError("fab follows the score itself: remove source and objective")
        if self.source is not None and self.objective != "score":
            raise ValueError("source and objective exclude each other: a transfer attack follows the source")
        if self.source is not None and not self.source.methods and self.source.seed is None:
            raise ValueError("source names no other detector: give methods or a seed")
        self._restarts_and_steps_fit()
        return self

    def _restarts_and_steps_fit(self) -> None:
        if self.stop is not None and "stop" not in self.traits:
            raise ValueError(f"the restarts of {self.kind} depend on each other: remove stop")
        if self.stop is not None and self.stop.after >= self.restarts:
            raise ValueError(
                f"stop.after={self.stop.after} is no less than restarts={self.restarts}, so that nothing is "
                "spared: lower it or remove stop"
            )
        if self.stop is not None and "step_size" in self.traits and self.stop.after < len(self.step_ratios):
            raise ValueError(
                f"stop.after={self.stop.after} is less than the {len(self.step_ratios)} step_ratios, each of "
                "which an image is to see: raise it"
            )
        if self.keep == "last" and ("step_size" not in self.traits or self.precision != "fp32"):
            raise ValueError(f"keep last is for {STEPPING} in fp32: remove keep")
        if self.keep == "last" and self.stop is not None:
            raise ValueError("stop looks at the worst scores, which keep last forgets: remove one of them")


class SourceDetector(Section):
    """The detector that a transfer attack takes its gradient of, found for one job."""

    method: Name
    seed: int
    score: ScoreSettings = ScoreSettings()


class EvaluationSettings(Section):
    """One attack on one score of a detector, over a stated part of the test images.

    `attack` is empty for clean evaluation.
    """

    subset: TestSubset = TestSubset()
    score: ScoreSettings = ScoreSettings()
    attack: AttackSettings | None = None
    source: SourceDetector | None = None


Eps = Annotated[Ratio, Field(ge=0)]


class SweepConfig(Section):
    """One attack at several budgets."""

    attack: Name = setting(..., "The attack, made anew at each budget.")
    factors: list[Annotated[float, Field(ge=0)]] = setting(
        [0.25, 0.5, 1, 2], "Budgets as multiples of the attack's own."
    )
    eps: list[Eps] = setting([0.5, 1], "Budgets as they are; in l-inf 1 allows any image.")


class SweepSettings(Section):
    """The settings of a sweep job: the evaluation, and the budgets that take the place of its own."""

    evaluation: EvaluationSettings
    eps: list[Eps] = setting(..., "Budgets, rising.", min_length=1)


class CombinationSettings(Section):
    """The worst case per image over several attacks."""

    parts: DistinctNames = setting(..., "Attacks combined.", min_length=1)
