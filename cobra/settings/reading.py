"""A configuration read from its file, for programs that Snakemake does not start."""

from pathlib import Path

import yaml

from cobra.errors import UserError
from cobra.settings.config import Config
from cobra.settings.errors import validate


def read_config(path: Path) -> Config:
    """The configuration in a file; raises UserError if it cannot be read or is not valid."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read as a configuration file ({error}): check it.") from None
    return validate(Config, content, str(path))
