"""Whether a bundle's artifacts were made from each other: scores of the detector recorded, on the data
recorded, verdicts on these scores.
"""

from collections.abc import Iterator, Mapping

from cobra.bundle.artifacts import DETECTOR, JUDGED, SCORES, Artifact

MADE = (*SCORES, "sweep", "history", "geometry", "gates")
EVIDENCE = ("claim", "doubled", "sweep", "undefended")  # score files that verdicts rest on


def lineage_faults(artifacts: list[Artifact]) -> Iterator[str]:
    """A sentence for each artifact that was made from something else than what is recorded."""
    yield from _doubles(artifacts)
    known = Known(artifacts)
    for artifact in artifacts:
        if artifact.identity.kind in MADE:
            yield from _input_faults(artifact, known.wanted(artifact))
            yield from known.settings_faults(artifact)


def _doubles(artifacts: list[Artifact]) -> Iterator[str]:
    seen: dict[tuple[str, ...], str] = {}
    for artifact in artifacts:
        name = (artifact.identity.kind, *artifact.about(*JUDGED))
        other = seen.setdefault(name, artifact.path)
        if other != artifact.path:
            yield f"{artifact.path} and {other} are both said to be {'/'.join(name)}: one is misplaced."


def _input_faults(artifact: Artifact, wanted: Mapping[str, set[str]]) -> Iterator[str]:
    for name, given in artifact.identity.inputs.items():
        if not wanted.get(name):
            yield f"{artifact.path} was made from a {name} that is not recorded: make it again."
        elif given not in wanted[name]:
            yield (
                f"{artifact.path} was made from another {name} ({given[:12]}...) than the recorded one "
                f"({', '.join(f'{digest[:12]}...' for digest in sorted(wanted[name]))}): make it again."
            )


class Known:
    """What the artifacts may have been made from: digests, by what they are of."""

    def __init__(self, artifacts: list[Artifact]) -> None:
        kinds = {kind: [each for each in artifacts if each.identity.kind == kind]
                 for kind in ("prepared", "detector", "snapshots", *MADE)}  # fmt: skip
        self._data = {each.about("dataset"): each.identity.inputs["manifest"] for each in kinds["prepared"]}
        self._detectors = {each.about(*DETECTOR): each for each in kinds["detector"]}
        self._snapshots = {each.about(*DETECTOR): each.sha256 for each in kinds["snapshots"]}
        self._scores = {each.about(*JUDGED): each.sha256 for kind in SCORES for each in kinds[kind]}
        self._evidence: dict[tuple[str, ...], set[str]] = {}
        for kind in (*SCORES, "sweep"):
            for each in kinds[kind]:
                self._evidence.setdefault(each.about("dataset", "normal"), set()).add(each.sha256)

    def wanted(self, artifact: Artifact) -> dict[str, set[str]]:
        """By name of an input the digests that it may have; none where nothing of the kind is recorded."""
        if not {"detector", "snapshots"} & artifact.identity.inputs.keys():  # a combination, of score files
            return {part: self._part(artifact, part) for part in artifact.identity.inputs}
        detector = self._detectors.get(artifact.about(*DETECTOR))
        data = self._data.get(artifact.about("dataset"))
        snapshots = self._snapshots.get(artifact.about(*DETECTOR))
        evidence = self._evidence.get(artifact.about("dataset", "normal"), set())
        return {
            "data": {data} if data else set(),
            "detector": {detector.sha256} if detector else set(),
            "snapshots": {snapshots} if snapshots else set(),
            "source": self._source(artifact),
            **dict.fromkeys(EVIDENCE, evidence),
        }

    def _part(self, artifact: Artifact, part: str) -> set[str]:
        found = self._scores.get((*artifact.about(*JUDGED[:-1]), part))
        return {found} if found else set()

    def _source(self, artifact: Artifact) -> set[str]:
        source = (artifact.identity.settings.get("evaluation") or {}).get("source") or {}
        name = (*artifact.about("dataset", "normal"), str(source.get("method")), str(source.get("seed")))
        found = self._detectors.get(name)
        return {found.sha256} if found else set()

    def settings_faults(self, artifact: Artifact) -> Iterator[str]:
        """A sentence if it tells of other settings of its detector than the detector's own."""
        detector = self._detectors.get(artifact.about(*DETECTOR))
        if detector and artifact.identity.settings.get("detector") != detector.identity.settings:
            yield f"{artifact.path} tells of other settings than those of {detector.path}: make it again."
