"""Prepared arrays to detectors, one per normal class."""


rule train_detector:
    """Adversarial (or standard) training of one class; resumes from .scratch after a kill."""
    input:
        data=rules.prepare_dataset.output.images,
    output:
        detector=DETECTOR,
        log_csv=str(Path(DETECTOR).with_name("training.csv")),
        snapshots=SNAPSHOTS,
        record=run_record_path(Path(DETECTOR)),
    log:
        LOGS / "train/{dataset}/{normal}/{method}/seed{seed}.log",
    wildcard_constraints:
        method="|".join(CONFIG.ours) or "(?!)",
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
        settings=detector_settings,
        generated=generated_files,
        code=detector_code,
    shell:
        "python scripts/train_detector.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"


rule train_baseline:
    """Another detector than ours, trained on the same images; resumes from .scratch where it takes long."""
    input:
        data=rules.prepare_dataset.output.images,
    output:
        detector=DETECTOR,
        record=run_record_path(Path(DETECTOR)),
    log:
        LOGS / "train/{dataset}/{normal}/{method}/seed{seed}.log",
    wildcard_constraints:
        method="|".join(CONFIG.baselines) or "(?!)",
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
        settings=baseline_settings,
        code=baseline_code,
    shell:
        "python scripts/train_baseline.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"


rule adopt_detector:
    """A detector that is not ours: its function imported, tried, and written down with its digests."""
    input:
        data=rules.prepare_dataset.output.images,
    output:
        detector=DESCRIPTOR,
    log:
        LOGS / "adopt/{dataset}/{normal}/{method}/seed{seed}.log",
    benchmark:
        LOGS / "adopt/{dataset}/{normal}/{method}/seed{seed}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        subject=subject,
        settings=own_settings,
        own=own_code,
        code=code("adopt_detector.py"),
    shell:
        "python scripts/adopt_detector.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"
