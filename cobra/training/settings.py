"""Settings of a detector's training: network, objective, adversary, schedule."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from cobra.data.settings import TrainingSubset
from cobra.settings.section import PAPER_EPS, OneOf, Ratio, Section, setting
from cobra.training import contrastive
from cobra.training.crafting.settings import CraftingSettings
from cobra.training.networks.settings import ModelSettings

Term = Literal["contrastive", "classification"]
Contrastive = Annotated[str, OneOf(["none", *contrastive.names()])]
ContrastiveName = Annotated[str, OneOf(contrastive.names())]
AttackedTerm = Literal["contrastive", "classification", "group"]
MAXIMISED: dict[AttackedTerm, Term] = {  # by each attack
    "contrastive": "contrastive",
    "classification": "classification",
    "group": "contrastive",
}


class ObjectiveSettings(Section):
    """What is minimised: one contrastive loss, the classification loss, or both."""

    contrastive: Contrastive = setting(
        "cobra",
        "Member of the contrastive family (cobra/training/losses.py), or a loss of "
        "cobra/training/contrastive. normals, cobra_normals (ours): all normal images are positives of each "
        "other, without and with the opposite term.",
        paper="cobra",
        released="cl",
    )
    classification: bool = setting(True, "Add the loss L_CLS.", paper=True, released=True)
    temperature: float = setting(0.5, "Temperature tau of the similarities.", released=0.5, gt=0)

    @property
    def terms(self) -> list[Term]:
        """The terms that are summed."""
        chosen: dict[Term, bool] = {
            "contrastive": self.contrastive != "none",
            "classification": self.classification,
        }
        return [term for term, is_on in chosen.items() if is_on]

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.terms:
            raise ValueError("contrastive is none and classification is false: nothing is left to train")
        return self


class AdversarySettings(Section):
    """The inner maximisation of adversarial training."""

    enabled: bool = setting(True, "Adversarial training; false: standard training.", paper=True)
    terms: list[AttackedTerm] = setting(
        ["contrastive", "classification"],
        "Terms of the objective that get an adversarial view; the others train on clean views alone. group: "
        "a second one for the contrastive term, of images that are pulled to another group.",
        paper=["contrastive", "classification"],
        released=["contrastive", "classification", "group"],
        min_length=1,
    )
    eps: Ratio | None = setting(
        None,
        "l-inf budget in [0, 1] pixels; empty: the data set's.",
        paper=PAPER_EPS,
        released="8/255",
        ge=0,
        le=1,
    )
    steps: int = setting(10, "PGD steps.", paper=10, released=10, ge=1)
    step_ratio: float = setting(2.5, "Step size = ratio x eps / steps.", released=2.5, gt=0)
    precision: Literal["fp32", "bf16"] | None = setting(
        None, "Format of the network's arithmetic while it is attacked (ours); empty: schedule.precision."
    )


class ScheduleSettings(Section):
    """Optimiser, its schedule, and the numerical format."""

    epochs: int = setting(
        100, "Passes over the training images; 0: an untrained network.", paper=100, released=1000, ge=0
    )
    images_per_epoch: int | None = setting(
        None,
        "Small training sets are repeated up to this many images per epoch; empty: no repetition.",
        released="10000 for MVTec AD, 5000 for DAGM and Cityscapes",
        ge=1,
    )
    batch_size: int = setting(128, "Normal images per step.", paper=128, released=64, ge=2)
    optimizer: Literal["lars", "sgd"] = setting("lars", "Update rule.", paper="lars", released="lars")
    learning_rate: float = setting(1.0, "Peak learning rate.", paper=1.0, released=1.0, gt=0)
    momentum: float = setting(0.9, "Momentum.", paper=0.9, released=0.9, ge=0, lt=1)
    weight_decay: float = setting(1e-6, "Weight decay.", paper=1e-6, released=1e-6, ge=0)
    warmup_epochs: float = setting(10, "Epochs of linear warm-up.", paper=10, released=10, ge=0)
    warmup_from: float = setting(
        0.0, "Share of the peak that the warm-up starts from.", released=0.1, ge=0, lt=1
    )
    cosine_epochs: float | None = setting(
        None,
        "Epochs after the warm-up at which the rate would be 0; empty: those that are left.",
        released="all epochs: of 100 the last has 0.0246",
        gt=0,
    )
    adapt_all: bool = setting(
        False, "LARS and weight decay for biases and norm parameters, too.", released=True
    )
    trust_coefficient: float = setting(0.001, "LARS trust coefficient.", released=0.001, gt=0)
    precision: Literal["fp32", "bf16"] = setting("fp32", "Format of the network's arithmetic (ours).")
    recompute: bool = setting(
        False,
        "Compute the blocks of a residual network again in the backward pass instead of keeping what they "
        "computed: the same gradients in a fraction of the memory, for a forward pass more per step (ours; "
        "on for data of 224x224 pixels).",
    )
    snapshots: int = setting(
        0,
        "Epochs, evenly spaced and ending with the last, at which the network is kept for figures of kind "
        "history (ours).",
        ge=0,
    )

    @model_validator(mode="after")
    def _within_the_epochs(self) -> Self:
        for name in ("warmup_epochs", "snapshots"):
            if getattr(self, name) > self.epochs:
                raise ValueError(f"{name}={getattr(self, name)} exceeds epochs={self.epochs}")
        return self


class EnsembleSettings(Section):
    """What scores of kind ensemble (the released code's) rest on, made of the training images at the end."""

    fitted: bool = setting(
        False,
        "Make it for two groups, too, an image and a copy that the hard transformations craft anew; for "
        "groups rotations it is always made.",
        released=True,
    )
    crop: float | None = setting(
        None,
        "Share of the image area that its crop keeps, always the same; empty: drawn as in training.",
        released="0.54; MVTec AD, DAGM: 1",
        gt=0,
        le=1,
    )


class DetectorSettings(Section):
    """Everything that decides a trained detector, beside data, class and seed."""

    subset: TrainingSubset = TrainingSubset()
    crafting: CraftingSettings = CraftingSettings()
    model: ModelSettings = ModelSettings()
    objective: ObjectiveSettings = ObjectiveSettings()
    adversary: AdversarySettings = AdversarySettings()
    schedule: ScheduleSettings = ScheduleSettings()
    ensemble: EnsembleSettings = EnsembleSettings()

    @property
    def has_ensemble(self) -> bool:
        """Whether there is what scores of kind ensemble rest on."""
        return self.ensemble.fitted or self.crafting.groups == "rotations"

    @property
    def ensemble_crafting(self) -> CraftingSettings:
        """How an image becomes one of each group for these scores: as in training, but for the crop."""
        crop = self.ensemble.crop
        if crop is None:
            return self.crafting
        mild = self.crafting.mild.model_copy(update={"crop_min_area": crop, "crop_max_area": crop})
        return self.crafting.model_copy(update={"mild": mild})

    @property
    def attacked(self) -> list[AttackedTerm]:
        """The attacks of adversarial training: those set whose term is part of the objective."""
        terms = self.objective.terms
        return [name for name in MAXIMISED if MAXIMISED[name] in terms and name in self.adversary.terms]

    @property
    def modules(self) -> list[str]:
        """The modules that they name: part of the code behind what is trained with them."""
        return [*self.crafting.modules, *contrastive.LOSSES.modules([self.objective.contrastive])]

    @model_validator(mode="after")
    def _something_to_attack(self) -> Self:
        if self.adversary.enabled and not self.attacked:
            raise ValueError(
                f"adversary.terms ({', '.join(self.adversary.terms)}) holds no term of the objective "
                f"({', '.join(self.objective.terms)}): set adversary.enabled to false for standard training"
            )
        return self

    @model_validator(mode="after")
    def _crafted_by_transformations(self) -> Self:
        if self.ensemble.fitted and self.crafting.generated is not None:
            raise ValueError(
                "ensemble.fitted has a copy of each image crafted, which crafting.generated draws from a "
                "folder instead: leave one of them out"
            )
        return self


class GeometrySettings(Section):
    """Which views are measured, and under the attack on which losses."""

    batches: int = setting(4, "Batches of training images, of the training's size, that are measured.", ge=1)
    losses: list[ContrastiveName] = setting(
        [],
        "Contrastive losses whose attack is measured on each network, beside the loss that it is trained on: "
        "the same network and views, another attack.",
    )
