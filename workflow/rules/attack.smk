"""Detectors to scores under attack."""


rule attack_detector:
    """Clean and attacked scores of all test images; resumes from .scratch after a kill."""
    input:
        data=rules.prepare_dataset.output.images,
        detector=detector_file,
        source=source_detector,
    output:
        scores=SCORES,
        record=run_record_path(Path(SCORES)),
    log:
        LOGS / "attack/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
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
        subject=subject,
        settings=attack_settings,
        source=source_option,
        code=attack_code,
    shell:
        "python scripts/attack_detector.py {params.subject} --data {input.data} --detector {input.detector}"
        " {params.source} --settings {params.settings:q} --threads {threads} --output {output.scores} 2> {log}"


rule combine_attacks:
    """The worst score per image over several attacks."""
    input:
        parts=scores_of_parts,
    output:
        scores=SCORES,
    log:
        LOGS / "combine/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
    benchmark:
        LOGS
        / "combine/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.benchmark.tsv"
    wildcard_constraints:
        attack="|".join(CONFIG.combinations) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        subject=subject,
        settings=combination_settings,
        code=code("combine_attacks.py"),
    shell:
        "python scripts/combine_attacks.py {params.subject} --parts {input.parts} --settings {params.settings:q}"
        " --output {output.scores} 2> {log}"


rule sweep_detector:
    """Scores of all test images under one attack at several budgets; resumes from .scratch after a kill."""
    input:
        data=rules.prepare_dataset.output.images,
        detector=detector_file,
    output:
        scores=SWEEP,
        record=run_record_path(Path(SWEEP)),
    log:
        LOGS / "sweep/{dataset}/{normal}/{method}/seed{seed}/{score}/{sweep}.log",
    cache: True
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=subject,
        settings=sweep_settings,
        code=sweep_code,
    shell:
        "python scripts/sweep_detector.py {params.subject} --data {input.data} --detector {input.detector}"
        " --settings {params.settings:q} --threads {threads} --output {output.scores} 2> {log}"


rule follow_training:
    """Scores under one attack at each epoch kept of a training; resumes from .scratch after a kill."""
    input:
        data=rules.prepare_dataset.output.images,
        detector=DETECTOR,
        snapshots=SNAPSHOTS,
    output:
        scores=HISTORY,
        record=run_record_path(Path(HISTORY)),
    log:
        LOGS / "follow/{dataset}/{normal}/{method}/seed{seed}/{score}/{attack}.log",
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
        subject=subject,
        settings=attack_settings,
        code=history_code,
    shell:
        "python scripts/follow_training.py {params.subject} --data {input.data} --detector {input.detector}"
        " --snapshots {input.snapshots} --settings {params.settings:q} --threads {threads}"
        " --output {output.scores} 2> {log}"
