"""Clean text to claims: who says that who did what to whom, how many, where, when. Pure; English first."""

from processors.claims.extract import claims_of

__all__ = ["claims_of"]
