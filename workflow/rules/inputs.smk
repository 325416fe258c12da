"""Which files each job needs."""


def raw_sources(wildcards):
    """The files of a data set, or the one folder that holds them."""
    located = LOCATED[wildcards.dataset]
    return [located.folder] if located.folder else list(located.files)


def detector_file(wildcards):
    """The detector of a method: trained, or taken in."""
    return detector_of(wildcards)


def detector_of(names):
    path = DESCRIPTOR if names["method"] in CONFIG.detectors else DETECTOR
    return path.format(**names)


@cache
def source_of(method, seed, attack):
    return jobs.source_of(CONFIG, method, seed, CONFIG.attacks[attack])


def source_detector(wildcards):
    """The detector on which a transfer attack is made."""
    source = source_of(wildcards.method, int(wildcards.seed), wildcards.attack)
    if source is None:
        return []
    path = DESCRIPTOR if source.method in CONFIG.detectors else DETECTOR
    return path.format(
        dataset=wildcards.dataset,
        normal=wildcards.normal,
        method=source.method,
        seed=source.seed,
    )


def scores_of_parts(wildcards):
    """The score files that a combination takes the worst of."""
    chosen = parts(wildcards.method, wildcards.score, wildcards.attack)
    return [SCORES.format(**{**wildcards, "attack": part}) for part in chosen]


def shown(settings, attacks):
    """The names of every class, method, score, attack and seed that `settings` (of a table, a figure) show, of
    the `attacks` (or sweeps) those that apply.
    """
    return [
        {
            "dataset": dataset,
            "normal": normal,
            "method": name,
            "seed": seed,
            "score": score,
            "attack": attack,
        }
        for dataset, classes in settings.classes.items()
        for normal in classes
        for name, method in settings.methods.items()
        for score in method.scores
        for attack in attacks
        if attack not in method.inapplicable[score]
        for seed in settings.seeds
    ]


def for_all(pattern, settings, attacks):
    """`pattern` of all that `settings` (of a table, a figure) show of the `attacks` (or sweeps)."""
    return [
        pattern.format(**names, sweep=names["attack"])
        for names in shown(settings, attacks)
    ]


def scores_of_table(wildcards):
    """All score files behind a table."""
    settings = jobs.table_settings(CONFIG, wildcards.table)
    return for_all(SCORES, settings, settings.layout.all_attacks)


def records_of_table(wildcards):
    """What tells how the score files behind a table were made: of each, or of the parts that it combines, the
    file with its run record, and of its detector the run record or, if it is not ours, the descriptor. The
    detectors themselves are no input: where results were unpacked there are none.
    """
    settings = jobs.table_settings(CONFIG, wildcards.table)
    found = []
    for names in shown(settings, settings.layout.all_attacks):
        for part in parts(names["method"], names["score"], names["attack"]):
            scores = SCORES.format(**{**names, "attack": part})
            found += [scores, run_record_path(Path(scores))]
        detector = Path(detector_of(names))
        found += [
            (
                detector
                if names["method"] in CONFIG.detectors
                else run_record_path(detector)
            )
        ]
    return list(dict.fromkeys(map(str, found)))


def gates_of_table(wildcards):
    """The verdicts on the figures of a table, where it shows the attack that they judge."""
    settings = jobs.table_settings(CONFIG, wildcards.table)
    gated = settings.gated in settings.layout.all_attacks
    return for_all(GATES, settings, [settings.gated]) if gated else []


def gates_of_all(wildcards):
    """All verdicts."""
    settings = jobs.gate_table_settings(CONFIG)
    return for_all(GATES, settings, [settings.claim])


def records_made_here(wildcards):
    """The leaderboard's records of all that is judged here."""
    settings = jobs.gate_table_settings(CONFIG)
    return for_all(RECORD, settings, [settings.claim])


def data_of_terms(wildcards):
    """The prepared data of all data sets with judged figures."""
    return expand(PREPARED, dataset=jobs.gate_table_settings(CONFIG).classes)


def submission_file(wildcards):
    """A record made elsewhere."""
    return archive_named(SUBMITTED, wildcards.submission)


def files_of_figure(wildcards):
    """The files of results, or the tables, behind a figure."""
    settings = jobs.figure_settings(CONFIG, wildcards.figure)
    behind = BEHIND[settings.layout.kind]
    if settings.layout.tables:
        return expand(behind, table=settings.layout.tables)
    found = for_all(behind, settings, [settings.layout.shown])
    return list(dict.fromkeys(found))  # of a geometry one for all scores


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
