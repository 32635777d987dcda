"""Round trips of ttrpc-java and grpc-java, by JMH (jmh.sh)."""

import json
import os
import subprocess
import sys
import tempfile

from measures import row

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT_S = 1800


def rows(quick: bool) -> list[dict]:
    with tempfile.TemporaryDirectory(prefix="saya-bench-") as directory:
        path = f"{directory}/jmh.json"
        words = [f"{HERE}/../jmh.sh", "RoundTrip", "-p", "size=16", "-p", "contestant=ttrpc,grpc", "-rf", "json", "-rff", path]
        if quick:
            words += ["-wi", "2", "-i", "3"]
        subprocess.run(words, stdout=sys.stderr, timeout=LIMIT_S, check=True)
        with open(path, encoding="utf-8") as file:
            results = {result["params"]["contestant"]: result for result in json.load(file)}

    def microseconds(who: str) -> float:
        return 1e6 / results[who]["primaryMetric"]["score"]

    def allocated(who: str) -> float:
        metrics = results[who]["secondaryMetrics"]
        return next(metric["score"] for name, metric in metrics.items() if name.endswith("gc.alloc.rate.norm"))

    return [
        {**row("ttrpc round trip (bare: grpc-java)", "us", bare=microseconds("grpc"), saya=microseconds("ttrpc"),
               ratio=microseconds("ttrpc") / microseconds("grpc"), budget=1)},
        {**row("ttrpc allocated per call (bare: grpc-java)", "B", bare=allocated("grpc"), saya=allocated("ttrpc"),
               ratio=allocated("ttrpc") / allocated("grpc"), budget=1)},
    ]  # fmt: skip
