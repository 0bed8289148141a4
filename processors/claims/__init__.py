"""Claims of a clean text: claimant, event, actor, target, numbers, places, dates. Pure; English first."""

from collections.abc import Callable, Sequence
from datetime import date

from claimwire.records.articles import Block
from claimwire.records.claims import Claim
from processors.claims.extract import claims_of

__all__ = ["PACKS", "ClaimsOf", "claims_of"]

# Maps article id, text, its blocks and the day of publication to the claims of the text, in order.
ClaimsOf = Callable[[str, str, Sequence[Block], date], tuple[Claim, ...]]
# The language packs. In any other language the headline is the article's one claim.
PACKS: dict[str, ClaimsOf] = {"en": claims_of}
