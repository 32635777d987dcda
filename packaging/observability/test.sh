#!/usr/bin/env bash
# What ships for Prometheus and Grafana, checked by Debian's promtool: form, and unit tests of rules and alerts. The unit, by systemd's own reader.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../lib/debian.sh"
need_packages prometheus python3-minimal systemd

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

# systemd says what it does not understand, and succeeds. The program is that of an installation.
unit=$(mktemp -d "${TMPDIR:-/tmp}/saya-unit.XXXXXX")
trap 'rm -rf "$unit"' EXIT
sed 's|^ExecStart=/opt/saya/bin/saya |ExecStart=/bin/true |' "$here/systemd/saya-monitor.service" > "$unit/saya-monitor.service"
said=$(systemd-analyze verify --man=no "$unit/saya-monitor.service" 2>&1) || die "systemd refuses the unit: $said"
[[ -z $said ]] || die "systemd does not understand the unit: $said"
