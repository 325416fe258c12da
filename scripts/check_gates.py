"""Judge by eleven gates whether a detector's figure under attack may be called robust."""

from pathlib import Path

from cobra.artifacts.digests import code_digest, file_digest
from cobra.artifacts.files import write_json
from cobra.attacks.inputs import add_options, open_inputs
from cobra.errors import UserError
from cobra.gates.all_gates import all_verdicts
from cobra.gates.evidence import read_evidence
from cobra.gates.settings import GateSettings
from cobra.machine import options, script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    add_options(parser)
    parser.add_argument("--claim", type=options.path, required=True, help="score file of the figure judged")
    parser.add_argument(
        "--parts", type=options.path, nargs="*", default=[], help="score files of the attacks behind it"
    )
    parser.add_argument("--doubled", type=options.path, help="score file of an attack with twice the steps")
    parser.add_argument("--sweep", type=options.path, help="file of a sweep over eps")
    parser.add_argument("--undefended", type=options.path, help="score file of a detector without a defence")
    args = parser.parse_args()
    settings = validate_json(GateSettings, args.settings, "--settings")
    if len(settings.parts) != len(args.parts):
        raise UserError(
            f"--parts has {len(args.parts)} files for {len(settings.parts)} attacks: give one each."
        )
    opened = open_inputs(args, settings.evaluation, settings.claim, __file__, kind="gates")
    given = {"claim": args.claim, "doubled": args.doubled, "sweep": args.sweep, "undefended": args.undefended}
    evidence = read_evidence(opened.score, opened.test, opened.identity, settings, args.parts, **given)
    verdicts = all_verdicts(evidence)
    digests = {name: file_digest(path) for name, path in given.items() if path}
    probed = [module for part in evidence.parts.values() for module in part.settings.modules]
    code = code_digest(Path(__file__).resolve(), *probed)
    inputs = opened.identity.inputs | digests
    identity = opened.identity.model_copy(update={"inputs": inputs, "code": code})
    write_json(args.output, {"verdicts": [verdict.model_dump() for verdict in verdicts]}, identity)


if __name__ == "__main__":
    script.run(main)
