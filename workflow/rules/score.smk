"""Detectors to clean scores: for a look at a detector before any attack is paid for."""


rule score_detector:
    """Scores of the unperturbed test images."""
    input:
        data=rules.prepare_dataset.output.images,
        detector=detector_file,
    output:
        scores=SCORES.replace("{attack}", "clean"),
    log:
        LOGS / "score/{dataset}/{normal}/{method}/seed{seed}/{score}.log",
    benchmark:
        LOGS / "score/{dataset}/{normal}/{method}/seed{seed}/{score}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=60,
    params:
        subject=subject,
        settings=clean_settings,
        code=code("score_detector.py"),
    shell:
        "python scripts/score_detector.py {params.subject} --data {input.data} --detector {input.detector}"
        " --settings {params.settings:q} --threads {threads} --output {output.scores} 2> {log}"
