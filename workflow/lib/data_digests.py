"""Digests of the files in folders that jobs read: Snakemake itself does not look below a folder."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from snakemake.iocontainers import Wildcards

from cobra.data.catalog import known_file
from cobra.data.content_digests import files_digest
from cobra.data.folders import image_files
from cobra.data.readers import OF_IMAGES_ALONE, files_read, read_raw
from cobra.data.sources import Located
from cobra.experiment import reporting_jobs
from cobra.experiment.config import Config
from cobra.settings.section import canonical_json
from cobra.training.crafting.settings import GeneratedSettings
from workflow.lib.job_settings import JobSettings

KEPT = Path(".snakemake/cobra-contents.json")  # digests of files, for the next time


class DataDigests:
    """Digests by wildcards."""

    def __init__(self, config: Config, settings: JobSettings, located: Mapping[str, Located]) -> None:
        self.config = config
        self.settings = settings
        self.located = located

    def published(self, wildcards: Wildcards) -> str:
        """A file that its authors replaced is downloaded again, one whose address changed is not."""
        file = known_file(wildcards.dataset, wildcards.file)
        return file.checksum or "none published"

    def folder(self, wildcards: Wildcards) -> str:
        """What a reader reads of a folder of raw data."""
        return self._folder(wildcards.dataset) if self.located[wildcards.dataset].folder else "files"

    @cache
    def _folder(self, dataset: str) -> str:
        located = self.located[dataset]
        assert located.folder is not None
        settings = self.config.preparation(dataset, located.reader)
        return files_digest(located.folder, files_read(located.folder, settings), KEPT)

    def left_out(self, dataset: str) -> list[str]:
        """What no reader reads of a folder of a person's own, in words, as it lies there now."""
        located = self.located[dataset]
        if located.folder is None or located.reader not in OF_IMAGES_ALONE:
            return []
        settings = self.config.preparation(dataset, located.reader)
        return list(read_raw(located.folder, settings).left_out)

    def generated(self, wildcards: Wildcards) -> str:
        """The generated anomalies of a class, of which its training draws."""
        crafting = self.settings.trained(wildcards).crafting
        return self._generated(crafting.generated, wildcards.normal)

    def generated_on_sheet(self, wildcards: Wildcards) -> str:
        settings = reporting_jobs.contact_sheet_settings(self.config, wildcards.dataset)
        found: dict[str, str] = {}
        for normal, crafting in settings.crafting.items():
            found |= json.loads(self._generated(crafting.generated, normal))
        return canonical_json(found)

    def generated_in_picture(self, wildcards: Wildcards) -> str:
        found: dict[str, str] = {}
        for panel in self.settings.pictured(wildcards.figure).crafted:
            found |= json.loads(self._generated(panel.crafting.generated, panel.normal))
        return canonical_json(found)

    @cache
    def _generated(self, generated: GeneratedSettings | None, *classes: str) -> str:
        """A digest per folder, in the form of settings, so that `make why` names the folder."""
        if generated is None:
            return canonical_json({})
        folders = [generated.of_class(name) for name in classes]
        return canonical_json(
            {f"files in {folder}": files_digest(folder, image_files(folder), KEPT) for folder in folders}
        )
