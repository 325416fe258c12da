"""The networks kept in training to the geometry of their embeddings."""


rule measure_geometry:
    """Cosines within and between groups, and where the attack of training moves embeddings, at each epoch kept."""
    input:
        data=rules.prepare_dataset.output.images,
        snapshots=SNAPSHOTS,
    output:
        geometry=GEOMETRY,
    log:
        LOGS / "geometry/{dataset}/{normal}/{method}/seed{seed}.log",
    benchmark:
        LOGS / "geometry/{dataset}/{normal}/{method}/seed{seed}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=60,
    params:
        subject=subject,
        settings=geometry_settings,
        generated=generated_files,
        code=geometry_code,
    shell:
        "python scripts/measure_geometry.py {params.subject} --data {input.data} --snapshots {input.snapshots}"
        " --settings {params.settings:q} --threads {threads} --output {output.geometry} 2> {log}"
