"""Write the JSON schema of the configuration file, for editors and for readers."""

import json
from pathlib import Path

from cobra import command
from cobra.artifacts import write_bytes
from cobra.settings.config import Config


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--output", type=Path, required=True, help="config.schema.json")
    args = parser.parse_args()
    text = json.dumps(Config.model_json_schema(), indent=2) + "\n"
    write_bytes(args.output, text.encode())


if __name__ == "__main__":
    command.run(main)
