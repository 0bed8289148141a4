"""Selection of the claims that are reported, after the verdicts: salience and reasons. Pure."""

from processors.report.select import reported

__all__ = ["reported"]
