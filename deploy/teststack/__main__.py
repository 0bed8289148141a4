"""`python -m deploy.teststack`: both servers until end of input."""

import contextlib
import sys

from deploy.teststack.servers import Missing, start_elasticsearch, start_kafka


def main() -> int:
    """Start, print the addresses for the environment, wait, stop."""
    started = []
    try:
        for name, start in (("KAFKA", start_kafka), ("ELASTICSEARCH", start_elasticsearch)):
            server = start()
            started.append(server)
            print(f"export CLAIMWIRE_TEST_{name}={server.address}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()
    except Missing as error:
        print(f"teststack: {error}", file=sys.stderr)
        return 1
    finally:
        for server in started:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
