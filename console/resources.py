"""Files of the distribution, in the checkout or in the installed package: the seeds and the glossary."""

from pathlib import Path

from claimwire.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parent.parent / "seeds"
PACKAGED = Path(__file__).resolve().parent / "seeds"
GLOSSARIES = (CHECKOUT.parent / "docs" / "glossary.md", PACKAGED.parent / "glossary.md")


def seeds_dir() -> Path:
    """Return the folder of the seeds. Raises ConfigError if the installation lacks it."""
    for folder in (CHECKOUT, PACKAGED):
        if (folder / "rules.toml").exists():
            return folder
    raise ConfigError(f"{CHECKOUT}:0: seeds: missing; reinstall the package")


def glossary_path() -> Path:
    """Return the file of the glossary. Raises ConfigError if the installation lacks it."""
    for path in GLOSSARIES:
        if path.exists():
            return path
    raise ConfigError(f"{GLOSSARIES[0]}:0: glossary: missing; reinstall the package")


def resolved(path: str) -> str:
    """Return `path`, or the distribution's file if a default of `seeds/` does not exist here."""
    if path.startswith("seeds/") and not Path(path).exists():
        return str(seeds_dir() / path.removeprefix("seeds/"))
    return path
