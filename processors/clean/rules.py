"""The catalogue of text-level boilerplate, as anchored line rules.

Each rule matches a whole line (trimmed, case-folded). Anchors: ANY anywhere, HEAD only before the first body sentence,
TAIL only after the last, CUT the line and all after it where no long body sentence follows. Patterns have no nested
quantifier and no `.*` before an anchor; lines over 400 characters are never matched.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Anchor(Enum):
    ANY = "any"
    HEAD = "head"
    TAIL = "tail"
    CUT = "cut"


@dataclass(frozen=True)
class LineRule:
    """`pattern` is matched against the whole folded line of at most `longest` characters."""

    name: str
    anchor: Anchor
    pattern: re.Pattern[str]
    longest: int = 160


def _any_of(*phrases: str) -> str:
    return "|".join(re.escape(p.casefold()) for p in phrases)


def _rule(name: str, anchor: Anchor, pattern: str, longest: int = 160) -> LineRule:
    return LineRule(name, anchor, re.compile(f"(?:{pattern})"), longest)


_COMMENTS = _any_of(
    "Leave a Reply", "Leave a Comment", "Post a Comment", "Comments are closed.", "Comments are closed", "Comments",
    "Join the conversation", "Please enter your comment!", "blog comments powered by Disqus", "View comments",
    "Schreibe einen Kommentar", "Kommentar verfassen", "Hinterlasse einen Kommentar", "Deja una respuesta",
    "Deja un comentario", "Laisser un commentaire", "Laisser une réponse", "Deixe um comentário",
    "Deixe uma resposta", "Lascia un commento", "Geef een reactie", "Dodaj komentarz", "Добавить комментарий",
    "Оставить комментарий", "اترك تعليقاً", "Bir yanıt yazın", "Bir cevap yazın", "Tinggalkan Balasan",
    "コメントを残す", "发表回复", "發佈留言", "댓글 남기기", "כתיבת תגובה",
)  # fmt: skip
_COMMENT_LINES = (
    r"(your email address will not be published|required fields are marked|save my name, email|this site uses akismet"
    r"|deine e-mail-adresse wird nicht|tu dirección de correo electrónico no|votre adresse e-mail ne sera"
    r"|o seu endereço de e-mail não|ваш адрес email не|لن يتم نشر عنوان|e-posta hesabınız yayımlanmayacak"
    r"|alamat email anda tidak).{0,160}"
)
_AD_LABELS = _any_of(
    "Advertisement", "Advertisements", "Advertising", "ADVERTISEMENT - CONTINUE READING BELOW",
    "Story continues below", "Story continues below advertisement", "Article continues below",
    "Scroll to continue with content", "Anzeige", "Werbung", "Publicidad", "Publicité", "Publicidade", "Pubblicità",
    "Реклама", "إعلان", "Reklam", "Iklan", "विज्ञापन", "Reklama", "La suite après cette publicité",
    "Continua após a publicidade", "Sponsored", "Sponsored content", "Promoted",
)  # fmt: skip
_SHARE = _any_of(
    "Share this:", "Share", "Share this article", "Share this story", "Like this:", "Like", "Loading...", "Loading…",
    "Tweet", "Email", "Print", "Copy link", "Copied", "Save", "Related", "Follow us", "Facebook", "Twitter", "WhatsApp",
    "Telegram", "LinkedIn", "X", "Partager", "Compartir", "Teilen", "Condividi", "Поделиться", "Drukuj", "DON'T MISS",
    "Don’t miss", "Thanks for signing up!", "Sorry!", "Read more", "Read more:", "Show more", "See more", "More",
    "Trending", "Most read", "Recommended", "Top stories", "Back to top", "Listen", "Listen to this article",
    "Support our journalism", "Subscribe", "Sign up", "Log in", "Sign in",
)  # fmt: skip
_READ_ALSO = (
    r"(read more|read also|also read|see more|see also|related|related post|related articles?|related stor(y|ies)"
    r"|also on [\w.]{2,30}|watch|watch now|listen|more on this( story)?|more stories|keep reading"
    r"|lesen sie auch|mehr zum thema|auch interessant|das könnte sie auch interessieren|te puede interesar"
    r"|lee también|lea también|más información|sigue leyendo|lire aussi|à lire aussi|sur le même sujet|leia também"
    r"|leia mais|veja também|leggi anche|potrebbe interessarti|читайте также|اقرأ أيضاً|شاهد أيضاً|مواضيع ذات صلة"
    r"|ayrıca oku|i̇lginizi çekebilir|baca juga|simak juga|lihat juga|यह भी पढ़ें|ये भी पढ़ें|czytaj także"
    r"|przeczytaj również|zobacz też) ?[:|–—>»-].{0,150}[^.!?。]"
)
_NEWSLETTER = (
    r"(sign up (for|to) (our|the|a)|subscribe to (our|the)|get (our|the) .{0,40}(newsletter|app)\b|follow us on"
    r"|join us on|like us on|download (our|the) app|click here to|get .{0,30} on the go|keep an eye on your inbox"
    r"|there was an error processing|this article has been sent|abonniere unseren|abonnieren sie|suscríbete"
    r"|síguenos en|inscrivez-vous|abonnez-vous|siga-nos|receba as|iscriviti|подпишитесь|подписывайтесь|تابعونا"
    r"|اشترك|abone ol|takip et|ikuti kami|हमें फॉलो करें|support our (journalism|work)|если вам понравилась"
    r"|if you (enjoyed|liked) this (article|story)).{0,120}"
)
_RIGHTS = (
    r"((copyright|©|\(c\)|ⓒ).{0,200}|.{0,120}all rights reserved\.?|todos los derechos reservados.{0,80}"
    r"|tous droits réservés.{0,80}|alle rechte vorbehalten.{0,80}|todos os direitos reservados.{0,80}"
    r"|все права защищены.{0,80}|جميع الحقوق محفوظة.{0,80}|tüm hakları saklıdır.{0,80}|hak cipta dilindungi.{0,80}"
    r"|terms of (service|use) ?\|.{0,80}|this copy is for your personal, non-commercial use.{0,120}"
    r"|this material may not be published.{0,120})"
)
_FEED_TAIL = (
    r"((the|this) post .{0,240} ?appeared first on .{0,120}|der beitrag .{0,240} erschien zuerst auf .{0,120}"
    r"|l['’]article .{0,240} est apparu en premier sur .{0,120}|la entrada .{0,240} se publicó primero en .{0,120}"
    r"|o post .{0,240} apareceu primeiro em .{0,120}|сообщение .{0,240} появились сначала на .{0,120})"
)
_WIRE_FOOT = (
    r"(\((additional )?reporting by .{0,300}\)?|\(writing by .{0,300}\)?|\(editing by .{0,200}\)?|our standards: the .{0,80}"
    r"|(the )?associated press writers? .{0,200} contributed to this report\.?|follow ap['’]s .{0,120}"
    r"|to contact the (reporter|editor)s? .{0,250}|--with assistance from .{0,150}|source: news agencies"
    r"|write to .{2,60} at \S{1,60}@\S{1,60}|\S{1,60}@\S{1,60}\.\w{2,10}|with inputs from .{0,80}|agencies)"
)
_AUTOBLOG = (
    r"\[(ad_\d|matched_content|original_title|source_\w+|author\w*|keyword|(vid|item|img|product|pin)_\w+)\]"
    r"|<!--\[ad_\d\] ?-->|\[/?(embed|gallery|vc_\w+|et_pb_\w+|adinserter|ads|adrotate)[^\]]{0,80}\]"
)
_SOURCE_TAIL = (
    r"(source link|source|view source|source by .{1,50}|view reddit by .{1,40}|tiktok by .{1,40}"
    r"|tags: .{1,140}|tagged: .{1,140}|filed under:? .{1,140}|likes: \d+|viewed: \d+|posted (in|on|by) .{1,80}|published by .{1,60}"
    r"|view at dailymotion|view on ebay|check on google maps|live preview)"
)
_STAMP = (
    r"((published|updated|last updated|last modified|posted|first published|aktualisiert|actualizado|mis à jour"
    r"|обновлено|stand|gepubliceerd)\b.{0,60}\d.{0,20}|\d{1,2} min(ute)?s? read|\d{1,2} hours? ago"
    r"|tempo de leitura.{0,20}|(image|photo) \d+ of \d+"
    r"|\d{1,2}:\d\d ?(am|pm)?.{0,40}\d{4}.{0,30})"
)

RULES = (
    _rule("autoblog_tag", Anchor.ANY, _AUTOBLOG),
    _rule("autoblog_tail", Anchor.TAIL, _SOURCE_TAIL),
    _rule("comment_form", Anchor.CUT, _COMMENTS),
    _rule("comment_line", Anchor.TAIL, _COMMENT_LINES, 240),
    _rule("ad_label", Anchor.ANY, _AD_LABELS),
    _rule("share_button", Anchor.ANY, _SHARE),
    _rule("click_to_share", Anchor.ANY, r"click to (share on|email|print).{0,80}"),
    _rule("scroll_top", Anchor.ANY, r"go back to top\..{0,60}|skip to (main )?content|skip to:.{0,60}"),
    _rule("read_also", Anchor.ANY, _READ_ALSO),
    _rule("newsletter", Anchor.TAIL, _NEWSLETTER),
    _rule("rights", Anchor.TAIL, _RIGHTS, 300),
    _rule("rights_head", Anchor.HEAD, _RIGHTS, 120),
    _rule("feed_tail", Anchor.TAIL, _FEED_TAIL, 400),
    _rule("wire_foot", Anchor.TAIL, _WIRE_FOOT, 400),
    _rule(
        "republished", Anchor.TAIL,
        r"(this (article|story) (was )?(originally|first) (published|appeared)|originally published (at|on|in)"
        r"|this article is republished from|dieser text erschien zuerst).{0,200}", 260,
    ),
    _rule("time_stamp", Anchor.HEAD, _STAMP, 80),
    _rule("empty_marks", Anchor.ANY, r"[\W_]{1,40}"),
)  # fmt: skip

BYLINE = re.compile(r"(?:by|von|por|par|di|автор:?)\s+(\S.{1,70}[^.!?])", re.IGNORECASE)
DATELINE = re.compile(
    r"([A-ZÀ-Ý][\w .'’/-]{1,40}(?:, [\w .]{2,30})?) ?\(([A-Z][\w .’'-]{1,30})\)\s*[-–—.]+\s+"
    r"|([A-ZÀ-Ý]{3,}[A-ZÀ-Ý .'’-]{0,30}(?:, [A-Z][\w .]{2,30})?)\s*[-–—]+\s+"
)
AUTOBLOG_EDGE = re.compile(r"^\s*\[ad_\d\]\s*|\s*\[ad_\d\]\s*$")
TRUNCATED = re.compile(
    r"(\[(…|\.\.\.|&#8230;)\]|(…|\.\.\.)\s*(continue reading|read more|weiterlesen|leer más|lire la suite)?.{0,80}"
    r"|(continue reading|read the full story|\(more…\)|read more|seguir leyendo|weiterlesen|lire la suite))\s*$",
    re.IGNORECASE,
)
HOME_WORDS = frozenset(
    "home startseite inicio início accueil главная начало الرئيسية beranda anasayfa strona główna news".split()
) | {"ana sayfa", "you are here:", "sie sind hier:"}
