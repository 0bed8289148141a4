"""Files that come with the program: the seeds, in the checkout or in the installed package."""

from pathlib import Path

from claimwire.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parent.parent / "seeds"
PACKAGED = Path(__file__).resolve().parent / "seeds"


def seeds_dir() -> Path:
    """The folder of the seeds. Raises ConfigError where the installation lacks it."""
    for folder in (CHECKOUT, PACKAGED):
        if (folder / "rules.toml").exists():
            return folder
    raise ConfigError(f"{CHECKOUT}:0: seeds: not there; install the package again")


def resolved(path: str) -> str:
    """`path`, or for a default of `seeds/` that is not here the one that comes with the program."""
    if path.startswith("seeds/") and not Path(path).exists():
        return str(seeds_dir() / path.removeprefix("seeds/"))
    return path
