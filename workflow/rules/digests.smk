"""Digests of what Snakemake does not see: the code behind a command, and what lies in folders. As params they
make reruns exact.
"""

CONTENTS = Path(".snakemake/cobra-contents.json")  # digests of files, for the next time

CODES = {}  # the files behind each digest


@cache
def code(script, *modules):
    """Digest of a script and all it imports from cobra; tells Snakemake that code is an input."""
    path = Path(workflow.basedir) / "scripts" / script
    digest = code_digest(path, *modules)
    CODES[digest] = module_digests(path, *modules)
    return digest


def preparation_code(wildcards):
    """The reader's code counts only for the data sets that it reads."""
    reader = LOCATED[wildcards.dataset].reader
    return code("prepare_dataset.py", module_name(reader))


def baseline_code(wildcards):
    """A baseline's code counts only for the methods that name it."""
    chosen = CONFIG.methods[wildcards.method].baseline
    return code("train_baseline.py", baseline_module(chosen["kind"]))


def own_code(wildcards):
    """The user's module and declared files are code of the job that takes the detector in."""
    return canonical_json(OWN_CODE[wildcards.method])


def folder_contents(wildcards):
    """What a reader reads of a folder of raw data: Snakemake does not look below its top."""
    folder = LOCATED[wildcards.dataset].folder
    return folder_digest(wildcards.dataset) if folder else "files"


@cache
def folder_digest(dataset):
    located = LOCATED[dataset]
    settings = CONFIG.preparation(dataset, located.reader)
    files = files_read(located.folder, settings)
    return files_digest(located.folder, files, CONTENTS)


def generated_files(wildcards):
    """What lies in the folder of a class's generated anomalies, of which its training draws."""
    crafting = trained_settings(wildcards.dataset, wildcards.method).crafting
    return generated_contents(crafting.generated, wildcards.normal)


def generated_on_sheet(wildcards):
    settings = jobs.contact_sheet_settings(CONFIG, wildcards.dataset)
    return generated_contents(settings.crafting.generated, *settings.classes)


@cache
def generated_contents(generated, *classes):
    """By folder a digest of the files in it, as settings are written, so that `make why` names the folder."""
    if generated is None:
        return canonical_json({})
    folders = [class_folder(Path(generated.folder), name) for name in classes]
    return canonical_json(
        {
            f"files in {folder}": files_digest(folder, image_files(folder), CONTENTS)
            for folder in folders
        }
    )


def published_checksum(wildcards):
    """A file that its authors replaced is downloaded again, one whose address changed is not."""
    entry = DATASETS[wildcards.dataset]
    file = known_file(wildcards.dataset, entry, wildcards.file)
    return file.checksum or "none published"
