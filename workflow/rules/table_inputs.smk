"""Which settings and files tables and figures need: the files of all that they show."""


def table_settings(wildcards):
    return canonical_json(jobs.table_settings(CONFIG, wildcards.table))


def gate_table_settings(wildcards):
    return canonical_json(jobs.gate_table_settings(CONFIG))


def figure_settings(wildcards):
    return canonical_json(jobs.figure_settings(CONFIG, wildcards.figure))


def contact_sheet_settings(wildcards):
    return canonical_json(jobs.contact_sheet_settings(CONFIG, wildcards.dataset))


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


def files_of_figure(wildcards):
    """The files of results, or the tables, behind a figure."""
    settings = jobs.figure_settings(CONFIG, wildcards.figure)
    behind = BEHIND[settings.layout.kind]
    if settings.layout.tables:
        return expand(behind, table=settings.layout.tables)
    found = for_all(behind, settings, [settings.layout.shown])
    return list(dict.fromkeys(found))  # of a geometry one for all scores
