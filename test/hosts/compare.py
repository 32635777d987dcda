"""compare.py RUNC.XML SAYA.XML [PART-OF-A-NAME REASON]...: critest's specs by runc and by the product, as a table.

Exit code 1 if runc passes one that the product does not, and no exception names it.
"""
import sys
import xml.etree.ElementTree as tree


def verdicts(file):
    found = {}
    for case in tree.parse(file).getroot().iter("testcase"):
        status = case.get("status", "")
        if status in ("passed", "failed", "panicked", "timedout"):
            found[case.get("name")] = status
    return found


runc, saya = verdicts(sys.argv[1]), verdicts(sys.argv[2])
exceptions = list(zip(sys.argv[3::2], sys.argv[4::2]))
missing = 0
for name in sorted(runc.keys() | saya.keys()):
    by_runc, by_saya = runc.get(name, "-"), saya.get(name, "-")
    reason = next((why for part, why in exceptions if part in name), "")
    wrong = by_runc == "passed" and by_saya != "passed" and not reason
    missing += wrong
    print(f"{by_runc:9} {by_saya:9} {name}{f' ({reason})' if reason else ''}{'   <-' if wrong else ''}")
passed = [sum(by == "passed" for by in of.values()) for of in (runc, saya)]
print(f"runc passes {passed[0]}, the product {passed[1]}; {missing} that runc passes are missing")
sys.exit(1 if missing or not passed[0] else 0)
