"""Raw files to prepared arrays."""


localrules:
    download_file,


rule download_file:
    """One file of a data set as its authors distribute it; ahead of everything else."""
    output:
        paths.downloaded,
    log:
        paths.logs / "download/{dataset}/{file}.log",
    benchmark:
        paths.logs / "download/{dataset}/{file}.benchmark.tsv"
    priority: 100
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=1440,
    params:
        published=contents.published,
        drop=options.drop_folder,
        accept=options.accept_licence,
    shell:
        "python scripts/download_dataset.py --dataset {wildcards.dataset} --file {wildcards.file}"
        " --drop-folder {params.drop:q} {params.accept} --output {output} 2> {log}"


rule prepare_dataset:
    """One uint8 array per data set, with a manifest of ids, splits, classes and digests."""
    input:
        sources=inputs.sources,
    output:
        images=paths.prepared,
        manifest=beside(paths.prepared, ".parquet"),
    log:
        paths.logs / "prepare/{dataset}.log",
    benchmark:
        paths.logs / "prepare/{dataset}.benchmark.tsv"
    priority: 50
    conda:
        CONDA
    threads: 4
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        settings=settings.preparation,
        contents=contents.folder,
        policy=options.preparation_policy,
        code=codes.preparation,
    shell:
        "python scripts/prepare_dataset.py --dataset {wildcards.dataset} --sources {input.sources:q}"
        " --settings {params.settings:q} --policy {params.policy:q}"
        " --threads {threads} --output {output.images} 2> {log}"
