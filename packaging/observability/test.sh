#!/usr/bin/env bash
# What ships for Prometheus and Grafana, checked by Debian's promtool: form, and unit tests of rules and alerts.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../lib/debian.sh"
need_packages prometheus python3-minimal

cd "$here/prometheus"
promtool check config prometheus.yml
promtool check rules saya-rules.yml saya-alerts.yml
promtool test rules alerts-test.yml rules-test.yml

# Each alert has its part of the runbook, and the dashboard is JSON whose queries are not empty.
for alert in $(awk '/- alert:/ {print $3}' saya-alerts.yml); do
  grep -qx "### $alert" ../README.md || die "$alert has no part '### $alert' in packaging/observability/README.md"
  grep -q "README.md#${alert,,}\"" saya-alerts.yml || die "$alert does not name its part of the runbook"
done
python3 - "$here/grafana/saya.json" <<'PY'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
assert len(queries) > 30 and all(queries), queries
PY
