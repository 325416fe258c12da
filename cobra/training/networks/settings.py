"""Settings of a detector's network: a residual network of ours, or one of timm's."""

import difflib
import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, JsonValue, WithJsonSchema, model_validator

from cobra.errors import UserError
from cobra.settings.section import Section, canonical_json, setting

OURS = ("resnet10", "resnet18", "resnet34", "resnet50", "wide_resnet50_2")
TIMM = "timm/"
TIMM_NAME = r"^timm/[a-z0-9_]+$"
TAKEN = {
    *("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir"),
    *("num_classes", "in_chans", "img_size", "features_only", "device", "dtype"),
    *("scriptable", "exportable", "no_jit"),
}


def _known_backbone(name: str) -> str:
    if name in OURS or re.match(TIMM_NAME, name):
        return name
    if name.startswith(TIMM):
        raise ValueError(
            "a network of timm's is named without a tag, since tags name weights and these are random: "
            f"{TIMM}{name.removeprefix(TIMM).split('.')[0]}"
        )
    close = difflib.get_close_matches(name, OURS, n=1)
    advice = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(
        f"{name!r} is none of: {', '.join(OURS)}; one of timm's is named like timm/convnext_atto{advice}"
    )


def _free_options(options: dict[str, JsonValue]) -> dict[str, JsonValue]:
    taken = [name for name in options if name in TAKEN]
    if taken:
        raise ValueError(
            f"{', '.join(taken)} is not free: weights are random, images are in colour and of the data set's "
            "size, and features are what is asked for; remove it"
        )
    return options


Backbone = Annotated[
    str,
    AfterValidator(_known_backbone),
    WithJsonSchema({"anyOf": [{"enum": list(OURS)}, {"type": "string", "pattern": TIMM_NAME}]}),
]


class Residual(NamedTuple):
    """What a residual network of ours is made from."""

    name: str
    width: int
    stem: Literal["low", "high"]


class ModelSettings(Section):
    """Backbone and heads."""

    backbone: Backbone = setting(
        "resnet18",
        "Residual network of ours, or `timm/` and the name of one of timm's, with random weights like ours.",
        paper="resnet18",
        released="resnet18",
    )
    width: int | None = setting(
        64, "Channels of the first stage of ours; empty for timm's alone.", paper=64, released=64, ge=1
    )
    stem: Literal["low", "high"] | None = setting(
        "low",
        "Of ours 3x3 stride-1 stem (low resolution) or ImageNet's (high); empty for timm's alone.",
        released="low",
    )
    options: Annotated[dict[str, JsonValue], AfterValidator(_free_options)] = setting(
        {}, "Of timm's the arguments of its constructor, such as depths or patch_size."
    )
    image_side: int | None = setting(
        None, "Of timm's the side in pixels of the images it is made for; empty: the data set's.", ge=1
    )
    normalised: bool = setting(
        False,
        "Take pixels x as (x - 0.5) / 0.5, the network's first step, so that budgets stay in pixels.",
        released=True,
    )
    projection_dim: int = setting(128, "Dimension of the embedding.", released=128, ge=2)

    def __hash__(self) -> int:  # pydantic's takes no dictionary
        return hash(canonical_json(self))

    @property
    def residual(self) -> Residual | None:
        """Of a network of ours what it is made from; None for one of timm's."""
        if self.width is None or self.stem is None:
            return None
        return Residual(self.backbone, self.width, self.stem)

    @property
    def timm_name(self) -> str:
        """What timm calls the network."""
        return self.backbone.removeprefix(TIMM)

    @property
    def side(self) -> int:
        """The side of the images in pixels, of one of timm's."""
        if self.image_side is None:
            raise UserError(
                f"model.image_side is empty, and {self.backbone} needs it: set it to the images'."
            )
        return self.image_side

    @property
    def libraries(self) -> tuple[str, ...]:
        """What the network rests on beside torch."""
        return () if self.residual else ("timm",)

    @model_validator(mode="before")
    @classmethod
    def _without_shape(cls, data: Any) -> Any:
        """Networks of timm's have no width and no stem: those of the defaults are not meant."""
        return {"width": None, "stem": None} | data if is_of_timm(data) else data

    @model_validator(mode="after")
    def _all_applies(self) -> Self:
        of_ours = {"width": self.width, "stem": self.stem}
        of_timms = {"options": self.options or None, "image_side": self.image_side}
        theirs = self.backbone.startswith(TIMM)
        for name, value in (of_ours if theirs else of_timms).items():
            if value is not None:
                remedy = "set it to null" if theirs else "remove it"
                raise ValueError(f"{name} {value!r} does not apply to {self.backbone}: {remedy}")
        for name, value in ({} if theirs else of_ours).items():
            if value is None:
                raise ValueError(f"{name} is empty, and {self.backbone} needs one: set it")
        return self


def is_of_timm(model: Any) -> bool:
    """Whether settings as given name a network of timm's."""
    return isinstance(model, dict) and str(model.get("backbone", "")).startswith(TIMM)
