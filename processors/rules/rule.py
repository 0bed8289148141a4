"""Alert rules and their file. Every error is one line: file, line, key, problem and remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import re2
from msgspec import Meta

from claimwire.config.channels import SECTIONS, channels_of
from claimwire.config.sections import Duration, Hours, Name, Section, read_sections, seconds
from claimwire.records.alerts import Policy
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import Severity
from processors.rules.expressions import Test, compile_when
from processors.rules.fields import Subject

GROUPS = {
    "claim": ("story_id", "cluster_id", "source", "event_type", "article_id", "language"),
    "article": ("story_id", "source", "article_id", "language"),
}
MATCH = 'expected { any = ["flood*", "dam"], regex = "evacuat(e|ion)" }'


@dataclass(frozen=True)
class RuleRow:
    """A [[rule]] section as written."""

    name: Name
    on: Literal["claim", "article"] = "claim"
    when: str = "true"
    match: dict[str, Any] = field(default_factory=dict)
    group_by: list[str] = field(default_factory=list)
    independent_origins: Annotated[int, Meta(ge=1, le=100)] = 1
    hold: Duration = ""
    at_most_every: Duration = ""
    digest: Duration = ""
    quiet_hours: Hours = ""
    severity: Severity = Severity.NORMAL
    notify: list[str] = field(default_factory=lambda: ["console"])


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
    row = section.read(RuleRow)
    try:
        when = compile_when(row.when, row.on)
    except ValueError as error:
        raise section.fail("when", str(error)) from None
    try:
        words = _compile_match(row.match)
    except ValueError as error:
        raise section.fail("match", str(error)) from None
    group = row.group_by or ["cluster_id" if row.on == "claim" else "article_id"]
    section.check("group_by", group, GROUPS[row.on])
    section.check("notify", row.notify, channels)
    section.check_zone("quiet_hours", row.quiet_hours)
    if row.independent_origins > 1 and row.on != "claim":
        raise section.fail("independent_origins", 'only claims have origins; write on = "claim"')
    policy = Policy(
        hold=seconds(row.hold), at_most_every=seconds(row.at_most_every), digest=seconds(row.digest),
        quiet_hours=row.quiet_hours,
    )  # fmt: skip
    return Rule(
        row.name, row.on, when, words, tuple(group), row.severity, tuple(row.notify), row.independent_origins, policy,
        section.line + 1,
    )  # fmt: skip


def _compile_match(spec: Mapping[str, Any]) -> Test:
    """Compile the test of words. Raises ValueError."""
    if set(spec) - {"any", "regex"}:
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
