"""Detection of pages served instead of the requested one: bot checks and consent walls."""

import re

from claimwire.records.vocabulary import RejectReason

# A wall has little text; an article about walls has more.
MOST_CHARACTERS = 900
HEAD = 60_000
# Names of bot-check services in the page's source.
BOT_MARKS = re.compile(
    r"captcha-delivery\.com|geo\.captcha|px-captcha|perimeterx|cf-challenge|cf_chl_|challenge-platform|_incapsula_resource"
    r"|distil_r_captcha|g-recaptcha|h-captcha|hcaptcha\.com|awswafintegration|ddos-guard",
    re.IGNORECASE,
)
BOT_WORDS = re.compile(
    r"just a moment|attention required|checking your browser|checking if the site connection|verify(ing)? (that )?you are"
    r"( a)? human|are you a (robot|human)|not a robot|press and hold|unusual (traffic|activity)|access (is |to this page )?"
    r"(has been )?denied|request (was )?blocked|pardon our interruption|please enable (js|javascript) and|enable cookies"
    r"|ddos protection|ray id|robot check|security check",
    re.IGNORECASE,
)
CONSENT_MARKS = re.compile(
    r"consent\.(google|yahoo|youtube)\.|guce\.|privacy-?gate|sourcepoint|onetrust|didomi", re.IGNORECASE
)
CONSENT_WORDS = re.compile(
    r"before you continue|we (and our partners )?(value|care about) your privacy|we use cookies|accept (all )?cookies"
    r"|manage (your )?(cookies|consent|preferences)|consent to (the use|store)|zustimm(en|ung)|einwilligung|cookies akzeptieren"
    r"|accepter (et|les cookies)|vie privée|aceptar (las )?cookies|aceitar cookies|accetta (i )?cookie",
    re.IGNORECASE,
)


def wall_of(html: str, title: str | None, text: str) -> RejectReason | None:
    """Return the kind of wall, by source, title and text; None for a page with a body of its own."""
    if len(text) > MOST_CHARACTERS:
        return None
    shown = f"{title or ''}\n{text}"
    start = html[:HEAD]
    if BOT_WORDS.search(shown) and (BOT_MARKS.search(start) or len(text) < MOST_CHARACTERS / 2):
        return RejectReason.BOT_CHECK
    if BOT_MARKS.search(start) and not text:
        return RejectReason.BOT_CHECK
    words = len(CONSENT_WORDS.findall(shown))
    return RejectReason.CONSENT_WALL if words >= 2 or (words and CONSENT_MARKS.search(start)) else None
