"""The baseline: what a user would write in an afternoon. Pages from Kafka, trafilatura, bulk writes; no claims, no guarantees.

`python -m tests.bench.afternoon BROKER TOPIC STORE INDEX COUNT`.
"""

import json
import sys
from typing import Any

import trafilatura
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from kafka import KafkaConsumer


def main() -> None:
    broker, topic, store, index, count = sys.argv[1:]
    consumer = KafkaConsumer(
        topic, bootstrap_servers=broker, group_id="afternoon", auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,     )  # fmt: skip
    client = Elasticsearch(f"http://{store}")
    batch: list[dict[str, Any]] = []
    taken = 0
    for message in consumer:
        page = json.loads(message.value)
        found = trafilatura.extract(page["html"], url=page["url"], output_format="json", with_metadata=True)
        if found:
            batch.append({"_index": index, "_id": page["url"], "_source": json.loads(found)})
        taken += 1
        if len(batch) >= 50 or taken == int(count):
            bulk(client, batch)
            batch = []
        if taken == int(count):
            break
    print(taken, flush=True)


if __name__ == "__main__":
    main()
