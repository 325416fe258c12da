"""Which settings and files the gates judge a detector by."""

@cache
def gated(*job):
    return jobs.gate_settings(CONFIG, *job)


def gate_settings(wildcards):
    return canonical_json(gated(*judged(wildcards)))


def of_gates(pattern, wildcards, name, **others):
    """A file that gates judge by, if the configuration names it."""
    chosen = {**wildcards, "attack": name, "sweep": name, **others}
    return [] if name is None else pattern.format(**chosen)


def claim_of_gates(wildcards):
    return of_gates(SCORES, wildcards, CONFIG.gates.claim)


def parts_of_gates(wildcards):
    chosen = parts(wildcards.method, wildcards.score, CONFIG.gates.claim)
    return [of_gates(SCORES, wildcards, part) for part in chosen]


def doubled_of_gates(wildcards):
    return of_gates(SCORES, wildcards, gated(*judged(wildcards)).doubled)


def sweep_of_gates(wildcards):
    return of_gates(SWEEP, wildcards, gated(*judged(wildcards)).sweep)


def undefended_of_gates(wildcards):
    """The score file of the detector that has no defence."""
    other = gated(*judged(wildcards)).undefended
    if other is None:
        return []
    return of_gates(SCORES, wildcards, CONFIG.gates.claim, **other.model_dump())


def evidence_options(wildcards, input):
    names = ("doubled", "sweep", "undefended")
    given = {name: getattr(input, name) for name in names}
    return " ".join(f"--{name} {path}" for name, path in given.items() if path)
