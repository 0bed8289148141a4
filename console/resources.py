"""Files of the distribution: the seeds, in the checkout or in the installed package."""

from pathlib import Path

from claimwire.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parent.parent / "seeds"
PACKAGED = Path(__file__).resolve().parent / "seeds"


def seeds_dir() -> Path:
    """Return the folder of the seeds. Raises ConfigError if the installation lacks it."""
    for folder in (CHECKOUT, PACKAGED):
        if (folder / "rules.toml").exists():
            return folder
    raise ConfigError(f"{CHECKOUT}:0: seeds: missing; reinstall the package")


def resolved(path: str) -> str:
    """Return `path`, or the distribution's file if a default of `seeds/` does not exist here."""
    if path.startswith("seeds/") and not Path(path).exists():
        return str(seeds_dir() / path.removeprefix("seeds/"))
    return path
