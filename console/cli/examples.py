"""Examples at the beginning of each verb's help."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("claimwire demo", "claimwire demo --once --json"),
    "run": ("claimwire run", "claimwire run analyse match", "claimwire run --urls pages.txt --url-source archive"),
    "feeds": (
        "claimwire feeds add https://paper.example",
        "claimwire feeds list",
        "claimwire feeds why https://paper.example/feed",
        "claimwire feeds import subscriptions.opml",
    ),
    "setup": ("claimwire setup", "claimwire setup --promote again"),
    "extract": ("claimwire extract page.html", "claimwire extract report.txt --explain"),
    "batch": ("claimwire batch reports/*.txt --out claims",),
    "watch": (
        "claimwire watch",
        "claimwire watch --since 1 --verdict contradiction --source 'Open Gazette'",
        "claimwire watch --json > claims.jsonl",
    ),
    "search": (
        'claimwire search "third city" dam',
        "claimwire search --kind claims --filter verdict=contradiction",
        "claimwire search --kind claims --facet claimant",
    ),
    "show": (
        "claimwire show 88b328d22b74209d29c93e8407e4c168",
        "claimwire show 00f67787ebd56713f760cc418eb98fed --why",
    ),
    "trace": ("claimwire trace https://paper.example/flood",),
    "replay": ("claimwire replay crawl.warc.gz", "claimwire replay --from 2026-11-20 --stage match --namespace again"),
    "rules": (
        "claimwire rules check seeds/rules.toml",
        "claimwire rules test seeds/rules.toml --since 30d",
    ),
    "marks": ("claimwire marks follow 6b274cd718b5174202e996a52e6bd93b", "claimwire marks --json"),
    "diff-index": ("claimwire diff-index claimwire again",),
    "deadletters": (
        "claimwire deadletters list --by reason",
        "claimwire deadletters replay --stage match --rate 20",
        'claimwire deadletters discard 7 --reason "a test page"',
    ),
    "skip": ("claimwire skip analyse articles.raw/3@1207",),
    "forget": (
        "claimwire forget https://paper.example/flood --dry-run",
        "claimwire forget https://paper.example/flood",
    ),
    "export": (
        "claimwire export > claims.ndjson",
        "claimwire export --format csv --output updates.csv --filter verdict=update Valdivia",
        "claimwire export --format parquet --output claims.parquet",
    ),
    "status": ("claimwire status", "claimwire status --ledger"),
    "doctor": ("claimwire doctor",),
    "config": ("claimwire config", "claimwire config --json"),
    "completion": ("claimwire completion bash > ~/.local/share/bash-completion/completions/claimwire",),
}
