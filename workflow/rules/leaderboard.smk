"""Verdicts to the leaderboard: records of what was made here, checked records of what was made elsewhere."""


rule publish_terms:
    """The data, test images and attack suite that a record must be of: to give to those who send one."""
    input:
        data=inputs.judged_data,
    output:
        paths.terms,
    log:
        paths.logs / "leaderboard/terms.log",
    benchmark:
        paths.logs / "leaderboard/terms.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings.terms,
        code=codes.script("publish_terms.py"),
    shell:
        "python scripts/publish_terms.py --data {input.data} --settings {params.settings:q} --output {output} 2> {log}"


rule make_record:
    """The record of a detector made here, and an archive of it with its score files."""
    input:
        gates=paths.gates,
        parts=inputs.judged_parts,
        doubled=inputs.doubled_scores,
        sweep=inputs.judged_sweep,
        undefended=inputs.undefended_scores,
    output:
        json=paths.record,  # an output called `record` is a run record to the summary
        archive=beside(paths.record, ".tar.gz"),
    log:
        paths.logs / "leaderboard/{dataset}/{normal}/{method}/seed{seed}/{score}.log",
    benchmark:
        paths.logs
        / "leaderboard/{dataset}/{normal}/{method}/seed{seed}/{score}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        subject=options.subject,
        settings=settings.record,
        evidence=options.evidence,
        code=codes.script("make_record.py"),
    shell:
        "python scripts/make_record.py {params.subject} --gates {input.gates} --parts {input.parts}"
        " {params.evidence} --settings {params.settings:q} --output {output.json} 2> {log}"


rule check_record:
    """A record made elsewhere, checked again: whoever puts a file into the folder need not have."""
    input:
        record=inputs.submission,
        terms=paths.terms,
    output:
        paths.checked,
    log:
        paths.logs / "leaderboard/submitted/{submission}.log",
    benchmark:
        paths.logs / "leaderboard/submitted/{submission}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=codes.script("check_record.py"),
    shell:
        "python scripts/check_record.py --record {input.record:q} --terms {input.terms} --output {output:q} 2> {log}"


rule make_leaderboard:
    """All records, ranked: csv for machines; md and html for people."""
    input:
        records=inputs.records,
        submitted=expand(paths.checked, submission=experiment.submissions),
    output:
        csv=paths.leaderboard,
        md=beside(paths.leaderboard, ".md"),
        html=report(
            beside(paths.leaderboard, ".html"),
            caption="../report/leaderboard.rst",
            category=CATEGORIES["leaderboard"],
            labels={"title": "Detectors by their robust AUROC"},
        ),
    log:
        paths.logs / "leaderboard/leaderboard.log",
    benchmark:
        paths.logs / "leaderboard/leaderboard.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=codes.script("make_leaderboard.py"),
    shell:
        "python scripts/make_leaderboard.py --records {input.records:q} --submitted {input.submitted:q}"
        " --output {output.csv} 2> {log}"


rule leaderboard:
    """The leaderboard, and the terms for those who send a record."""
    input:
        paths.leaderboard,
        paths.terms,
