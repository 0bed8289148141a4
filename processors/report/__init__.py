"""Select the claims that are reported, after the verdicts: a pure step with salience and reasons."""

from processors.report.select import reported

__all__ = ["reported"]
