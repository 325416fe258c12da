"""Download one file of a data set; continues where an interrupted download stopped."""

from cobra.data.catalog import catalog_entry, known_file
from cobra.data.download import download, require_allowed
from cobra.machine import options, script


def main() -> None:
    parser = script.parser(__doc__, settings=False)
    script.add_subject(parser, "dataset", "file")
    parser.add_argument("--accept-licence", action="store_true", help="you have read and accept its licence")
    parser.add_argument(
        "--drop-folder", type=options.folder, required=True, help="where a person may place it instead"
    )
    parser.add_argument("--output", type=options.output, required=True, help="where the file goes")
    args = parser.parse_args()
    entry = catalog_entry(args.dataset)
    file = known_file(args.dataset, args.file)
    require_allowed(entry, file, args.drop_folder, accepted=args.accept_licence)
    download(file, args.output)


if __name__ == "__main__":
    script.run(main)
