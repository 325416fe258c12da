"""Settings of figures."""

from cobra.settings.base import Section, setting
from cobra.settings.crafting import CraftingSettings


class ContactSheetSettings(Section):
    """Images to look at before anything is trained on them."""

    classes: list[str] = setting(..., "Classes shown.", min_length=1)
    crafting: CraftingSettings = CraftingSettings()
    columns: int = setting(10, "Images per row.", ge=1)
