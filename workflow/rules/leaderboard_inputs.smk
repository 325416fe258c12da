"""Which settings and files the leaderboard is made from."""

@cache
def terms():
    return canonical_json(leaderboard_jobs.terms_settings(CONFIG))


def terms_settings(wildcards):
    return terms()


def record_settings(wildcards):
    return canonical_json(leaderboard_jobs.record_settings(CONFIG, *judged(wildcards)))


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
