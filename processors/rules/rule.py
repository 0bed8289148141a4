"""Alert rules and their file. Every error is one line: file, line, key, problem and remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import re2

from claimwire.config.channels import SECTIONS, channels_of
from claimwire.config.sections import Section, read_sections
from claimwire.records.alerts import Policy
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import Severity
from processors.rules.expressions import Test, compile_when
from processors.rules.fields import FIELDS, Subject

KEYS = (
    "name", "on", "when", "match", "group_by", "independent_origins", "hold", "at_most_every", "digest", "quiet_hours",
    "severity", "notify",
)  # fmt: skip
GROUPS = {
    "claim": ("story_id", "cluster_id", "source", "event_type", "article_id", "language"),
    "article": ("story_id", "source", "article_id", "language"),
}
MATCH = 'expected { any = ["flood*", "dam"], regex = "evacuat(e|ion)" }'


@dataclass(frozen=True)
class Rule:
    """A rule of the file; `when` and `words` are its compiled tests, `line` its position."""

    name: str
    on: str
    when: Test
    words: Test
    group_by: tuple[str, ...]
    severity: Severity
    notify: tuple[str, ...]
    independent_origins: int
    policy: Policy
    line: int


def load_rules(path: str) -> tuple[Rule, ...]:
    """Read the rules of a TOML file. Raises ConfigError (`file:line: key: problem`)."""
    return rules_of(read_sections(path, SECTIONS))


def rules_of(sections: Mapping[str, list[Section]]) -> tuple[Rule, ...]:
    """Return the rules of a file's sections."""
    channels = tuple(channels_of(sections["channel"]))
    rules: list[Rule] = []
    for section in sections["rule"]:
        rule = _rule(section, channels)
        if any(rule.name == other.name for other in rules):
            raise section.fail("name", f"duplicate name {rule.name!r}")
        rules.append(rule)
    return tuple(rules)


def _rule(section: Section, channels: tuple[str, ...]) -> Rule:
    section.check_keys(KEYS)
    name = section.string("name")
    if not name:
        raise section.fail("name", "a rule needs a name")
    on = section.string("on", "claim", tuple(FIELDS))
    try:
        when = compile_when(section.string("when", "true"), on)
    except ValueError as error:
        raise section.fail("when", str(error)) from None
    try:
        words = _compile_match(section.row.get("match", {}))
    except ValueError as error:
        raise section.fail("match", str(error)) from None
    group = ["cluster_id"] if on == "claim" else ["article_id"]
    policy = Policy(
        hold=section.duration("hold"), at_most_every=section.duration("at_most_every"),
        digest=section.duration("digest"), quiet_hours=section.hours("quiet_hours"),
    )  # fmt: skip
    return Rule(
        name, on, when, words, section.strings("group_by", group, GROUPS[on]),
        Severity(section.string("severity", Severity.NORMAL, tuple(Severity))), section.strings("notify", ["console"], channels),
        _origins(section, on), policy, section.line + 1,
    )  # fmt: skip


def _origins(section: Section, on: str) -> int:
    value = section.row.get("independent_origins", 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise section.fail("independent_origins", f"{value!r} is not a whole number from 1 to 100")
    if value > 1 and on != "claim":
        raise section.fail("independent_origins", 'only claims have origins; write on = "claim"')
    return value


def _compile_match(spec: Any) -> Test:
    """Compile the test of words. Raises ValueError."""
    if not isinstance(spec, dict) or set(spec) - {"any", "regex"}:
        raise ValueError(MATCH)
    listed, regex = spec.get("any", []), spec.get("regex", "")
    if not isinstance(listed, list) or not all(isinstance(w, str) and w for w in listed) or not isinstance(regex, str):
        raise ValueError(MATCH)
    patterns = [r"(?i)\b" + r"\w*".join(map(re2.escape, word.split("*"))) + r"\b" for word in listed]
    patterns += [f"(?i){regex}"] if regex else []
    try:
        compiled = [re2.compile(p) for p in patterns]
    except re2.error as error:
        raise ValueError(f"regex: {error}") from None
    return lambda subject: not compiled or any(p.search(_text(subject)) for p in compiled)


def _text(subject: Subject) -> str:
    if isinstance(subject, Sighting):
        return f"{subject.title or ''}\n{subject.sentence}"
    return subject.clean.text
