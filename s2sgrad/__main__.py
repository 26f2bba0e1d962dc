"""``s2sgrad …`` and ``python -m s2sgrad …``: the command line, or what to install for it."""

import sys

try:
    from s2sgrad.cli import main
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("typer", "rich"):
        raise

    def main() -> None:
        """Say what is missing."""
        sys.exit("the s2sgrad command needs two more packages: pip install s2sgrad[cli]")


if __name__ == "__main__":
    main()
