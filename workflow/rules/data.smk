"""Raw files to prepared arrays."""


localrules:
    download_file,


rule download_file:
    """One file of a data set as its authors distribute it; ahead of everything else."""
    output:
        DOWNLOADED,
    log:
        LOGS / "download/{dataset}/{file}.log",
    benchmark:
        LOGS / "download/{dataset}/{file}.benchmark.tsv"
    priority: 100
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=1440,
    params:
        published=published_checksum,
        drop=drop_folder_named,
        accept=licence_switch,
    shell:
        "python scripts/download_dataset.py --dataset {wildcards.dataset} --file {wildcards.file}"
        " --drop-folder {params.drop:q} {params.accept} --output {output} 2> {log}"


rule prepare_dataset:
    """One uint8 array per data set, with a manifest of ids, splits, classes and digests."""
    input:
        sources=raw_sources,
    output:
        images=PREPARED,
        manifest=str(Path(PREPARED).with_suffix(".parquet")),
    log:
        LOGS / "prepare/{dataset}.log",
    benchmark:
        LOGS / "prepare/{dataset}.benchmark.tsv"
    priority: 50
    conda:
        CONDA
    threads: 4
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        settings=preparation_settings,
        contents=folder_contents,
        policy=preparation_policy,
        code=preparation_code,
    shell:
        "python scripts/prepare_dataset.py --dataset {wildcards.dataset} --sources {input.sources:q}"
        " --settings {params.settings:q} --policy {params.policy:q}"
        " --threads {threads} --output {output.images} 2> {log}"
