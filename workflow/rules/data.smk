"""Raw files to prepared arrays."""


rule prepare_dataset:
    """One uint8 array per data set, with a manifest of ids, splits and classes."""
    input:
        raw_files,
    output:
        images=PREPARED,
        manifest=str(Path(PREPARED).with_suffix(".parquet")),
    log:
        LOGS / "prepare/{dataset}.log",
    benchmark:
        LOGS / "prepare/{dataset}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=preparation_settings,
        code=code("prepare_dataset.py"),
    shell:
        "python scripts/prepare_dataset.py --dataset {wildcards.dataset}"
        " --drop-folder resources/manual/{wildcards.dataset}"
        " --settings {params.settings:q} --output {output.images} 2> {log}"
