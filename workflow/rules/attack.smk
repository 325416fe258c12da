"""Detectors to scores under attack."""


rule attack_detector:
    """Clean and attacked scores of all test images; resumes from .scratch after a kill."""
    input:
        data=paths.prepared,
        detector=inputs.detector,
        source=inputs.transfer_source,
    output:
        scores=paths.scores,
        record=run_record(paths.scores),
    log:
        paths.logs
        / "attack/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
    wildcard_constraints:
        attack="|".join(CONFIG.attacks),
    cache: True
    priority: priorities.attack
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=options.subject,
        settings=settings.attack,
        source=options.transfer_source,
        code=codes.attack,
    shell:
        "python workflow/lib/warm.py scripts/attack_detector.py {params.subject} --data {input.data}"
        " --detector {input.detector} {params.source} --settings {params.settings:q} --threads {threads}"
        " --output {output.scores} 2> {log}"


rule combine_attacks:
    """The worst score per image over several attacks."""
    input:
        parts=inputs.parts,
    output:
        scores=paths.scores,
    log:
        paths.logs
        / "combine/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
    benchmark:
        paths.logs
        / "combine/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.benchmark.tsv"
    wildcard_constraints:
        attack="|".join(CONFIG.combinations) or "(?!)",
    priority: priorities.attack
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        subject=options.subject,
        settings=settings.combination,
        code=codes.script("combine_attacks.py"),
    shell:
        "python scripts/combine_attacks.py {params.subject} --parts {input.parts} --settings {params.settings:q}"
        " --output {output.scores} 2> {log}"


rule sweep_detector:
    """Scores of all test images under one attack at several budgets; resumes from .scratch after a kill."""
    input:
        data=paths.prepared,
        detector=inputs.detector,
    output:
        scores=paths.sweep,
        record=run_record(paths.sweep),
    log:
        paths.logs / "sweep/{dataset}/{normal}/{method}/seed{seed}/{score}/{sweep}.log",
    cache: True
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=options.subject,
        settings=settings.sweep,
        code=codes.sweep,
    shell:
        "python workflow/lib/warm.py scripts/sweep_detector.py {params.subject} --data {input.data}"
        " --detector {input.detector} --settings {params.settings:q} --threads {threads}"
        " --output {output.scores} 2> {log}"


rule follow_training:
    """Scores under one attack at each epoch kept of a training; resumes from .scratch after a kill."""
    input:
        data=paths.prepared,
        detector=paths.detector,
        snapshots=paths.snapshots,
    output:
        scores=paths.history,
        record=run_record(paths.history),
    log:
        paths.logs
        / "follow/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
    wildcard_constraints:
        attack="|".join(CONFIG.attacks),
    cache: True
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=options.subject,
        settings=settings.attack,
        code=codes.history,
    shell:
        "python workflow/lib/warm.py scripts/follow_training.py {params.subject} --data {input.data}"
        " --detector {input.detector} --snapshots {input.snapshots} --settings {params.settings:q} --threads {threads}"
        " --output {output.scores} 2> {log}"
