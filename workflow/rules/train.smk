"""Prepared arrays to detectors, one per normal class."""


rule train_detector:
    """Adversarial (or standard) training of one class; resumes from .scratch after a kill."""
    input:
        data=paths.prepared,
    output:
        detector=paths.detector,
        log_csv=paths.training_log,
        snapshots=paths.snapshots,
        record=run_record(paths.detector),
    log:
        paths.logs / "train/{dataset}/{normal}/{method}/seed{seed}.log",
    wildcard_constraints:
        method="|".join(CONFIG.ours) or "(?!)",
    cache: True
    priority: priorities.training
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=options.subject,
        settings=settings.training,
        generated=contents.generated,
        code=codes.training,
    shell:
        "python workflow/lib/warm.py scripts/train_detector.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"


rule train_baseline:
    """Another detector than ours, trained on the same images; resumes from .scratch where it takes long."""
    input:
        data=paths.prepared,
    output:
        detector=paths.detector,
        record=run_record(paths.detector),
    log:
        paths.logs / "train/{dataset}/{normal}/{method}/seed{seed}.log",
    wildcard_constraints:
        method="|".join(CONFIG.baselines) or "(?!)",
    cache: True
    priority: priorities.training
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=720,
    params:
        subject=options.subject,
        settings=settings.baseline,
        code=codes.baseline,
    shell:
        "python workflow/lib/warm.py scripts/train_baseline.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"


rule adopt_detector:
    """A detector that is not ours: its function imported, tried, and written down with its digests."""
    input:
        data=paths.prepared,
    output:
        detector=paths.descriptor,
    log:
        paths.logs / "adopt/{dataset}/{normal}/{method}/seed{seed}.log",
    benchmark:
        paths.logs / "adopt/{dataset}/{normal}/{method}/seed{seed}.benchmark.tsv"
    priority: priorities.training
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        subject=options.subject,
        settings=settings.own,
        own=codes.own,
        code=codes.script("adopt_detector.py"),
    shell:
        "python scripts/adopt_detector.py {params.subject} --data {input.data}"
        " --settings {params.settings:q} --threads {threads} --output {output.detector} 2> {log}"


rule measure_geometry:
    """Cosines within and between groups, and where the attack of training moves embeddings, at each epoch kept."""
    input:
        data=paths.prepared,
        snapshots=paths.snapshots,
    output:
        geometry=paths.geometry,
    log:
        paths.logs / "geometry/{dataset}/{normal}/{method}/seed{seed}.log",
    benchmark:
        paths.logs / "geometry/{dataset}/{normal}/{method}/seed{seed}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=60,
    params:
        subject=options.subject,
        settings=settings.geometry,
        generated=contents.generated,
        code=codes.geometry,
    shell:
        "python workflow/lib/warm.py scripts/measure_geometry.py {params.subject} --data {input.data}"
        " --snapshots {input.snapshots} --settings {params.settings:q} --threads {threads} --output {output.geometry} 2> {log}"
