"""Settings of what is measured of the embeddings of a training (figures of kind geometry)."""

from typing import Annotated

from cobra.contrastive import names
from cobra.settings.base import OneOf, Section, setting

ContrastiveName = Annotated[str, OneOf(names())]


class GeometrySettings(Section):
    """Which views are measured, and under the attack on which losses."""

    batches: int = setting(4, "Batches of training images, of the training's size, that are measured.", ge=1)
    losses: list[ContrastiveName] = setting(
        [],
        "Contrastive losses whose attack is measured on each network, beside the loss that it is trained on: "
        "the same network and views, another attack.",
    )
