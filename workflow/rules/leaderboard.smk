"""Verdicts to the leaderboard: records of what was made here, checked records of what was made elsewhere."""


rule publish_terms:
    """The data, test images and attack suite that a record must be of: to give to those who send one."""
    input:
        data=data_of_terms,
    output:
        TERMS,
    log:
        LOGS / "leaderboard/terms.log",
    benchmark:
        LOGS / "leaderboard/terms.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=terms_settings,
        code=code("publish_terms.py"),
    shell:
        "python scripts/publish_terms.py --data {input.data} --settings {params.settings:q} --output {output} 2> {log}"


rule make_record:
    """The record of a detector made here, and an archive of it with its score files."""
    input:
        gates=GATES,
        parts=parts_of_gates,
        doubled=doubled_of_gates,
        sweep=sweep_of_gates,
        undefended=undefended_of_gates,
    output:
        json=RECORD,  # an output called `record` is a run record to the summary
        archive=str(Path(RECORD).with_suffix(".tar.gz")),
    log:
        LOGS / "leaderboard/{dataset}/{normal}/{method}/seed{seed}/{score}.log",
    benchmark:
        LOGS
        / "leaderboard/{dataset}/{normal}/{method}/seed{seed}/{score}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        subject=subject,
        settings=record_settings,
        evidence=evidence_options,
        code=code("make_record.py"),
    shell:
        "python scripts/make_record.py {params.subject} --gates {input.gates} --parts {input.parts}"
        " {params.evidence} --settings {params.settings:q} --output {output.json} 2> {log}"


rule check_record:
    """A record made elsewhere, checked again: whoever puts a file into the folder need not have."""
    input:
        record=submission_file,
        terms=TERMS,
    output:
        CHECKED,
    log:
        LOGS / "leaderboard/submitted/{submission}.log",
    benchmark:
        LOGS / "leaderboard/submitted/{submission}.benchmark.tsv"
    wildcard_constraints:
        submission="|".join(map(re.escape, SUBMISSIONS)) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code("check_record.py"),
    shell:
        "python scripts/check_record.py --record {input.record:q} --terms {input.terms} --output {output:q} 2> {log}"


rule make_leaderboard:
    """All records, ranked: csv for machines; md and html for people."""
    input:
        records=records_made_here,
        submitted=expand(CHECKED, submission=SUBMISSIONS),
    output:
        csv=LEADERBOARD,
        md=str(Path(LEADERBOARD).with_suffix(".md")),
        html=report(
            str(Path(LEADERBOARD).with_suffix(".html")),
            caption="../report/leaderboard.rst",
            category=CATEGORIES["leaderboard"],
            labels={"title": "Detectors by their robust AUROC"},
        ),
    log:
        LOGS / "leaderboard/leaderboard.log",
    benchmark:
        LOGS / "leaderboard/leaderboard.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("make_leaderboard.py"),
    shell:
        "python scripts/make_leaderboard.py --records {input.records:q} --submitted {input.submitted:q}"
        " --output {output.csv} 2> {log}"


rule leaderboard:
    """The leaderboard, and the terms for those who send a record."""
    input:
        LEADERBOARD,
        TERMS,
