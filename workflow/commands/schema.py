"""Write a JSON schema, for editors and readers: of the configuration file, or of a leaderboard record."""

import json

from pydantic import BaseModel

from cobra.artifacts.files import write_bytes
from cobra.experiment.config import Config
from cobra.machine import options, script
from cobra.sharing.leaderboard.record import Record

MODELS: dict[str, type[BaseModel]] = {"config": Config, "record": Record}


def main() -> None:
    parser = script.parser(__doc__, settings=False)
    parser.add_argument("--of", choices=MODELS, default="config", help="left out: the configuration")
    parser.add_argument("--output", type=options.output, required=True, help="schema (.json)")
    args = parser.parse_args()
    text = json.dumps(MODELS[args.of].model_json_schema(), indent=2) + "\n"
    write_bytes(args.output, text.encode())


if __name__ == "__main__":
    script.run(main)
