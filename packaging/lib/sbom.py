#!/usr/bin/env python3
"""sbom.py JARS LIST SUMS GUEST_INPUTS JDK_RELEASE: prints what the product is made of as CycloneDX 1.5.

JARS is a directory with all jars by their full names, LIST says which are shipped (packaging/jars), SUMS what groups they are of
(packaging/jars.sha256), GUEST_INPUTS which Debian packages the guest is made of (packaging/guest/build.sh), JDK_RELEASE is the file
`release` of the JDK. No times and no random numbers: the same inputs give the same bytes.
"""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

# Debian's libraries that are linked into what is written in C.
LINKED = {"libc6-dev": "launcher, agent", "libjansson-dev": "launcher", "nettle-dev": "launcher",
          "libprotobuf-c-dev": "agent", "libyajl-dev": "agent"}
OURS = ("saya-", "ttrpc-java")


def component(kind, name, version, purl, sums=None, **more):
    """One entry; with a group if it is not empty."""
    found = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}
    found.update({key: value for key, value in more.items() if value})
    if sums:
        found["hashes"] = [{"alg": "SHA-256", "content": sums}]
    return found


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def artifact(jar):
    """The name by which packaging/jars knows a jar (artifact_of in jars.sh)."""
    name = re.sub(r"-[0-9].*", "", jar.stem)
    return name + "-native" if jar.stem.endswith("-native") else name


def jars(directory, listed, groups):
    for jar in sorted(directory.glob("*.jar")):
        name = artifact(jar)
        if listed.get(name, "none") == "none" or name.startswith(OURS):
            continue
        version = re.sub(r"-(linux-x86_64|native)$", "", jar.stem[len(name.removesuffix("-native")) + 1:])
        owner = groups[jar.name]
        purl = f"pkg:maven/{owner}/{name.removesuffix('-native')}@{version}"
        if name.endswith("-native"):
            purl += "?classifier=native"
        yield component("library", name, version, purl, sha256(jar), group=owner)


def debian(name, version, sums=None, **more):
    return component("library", name, version, f"pkg:deb/debian/{name}@{version}", sums, **more)


def guest(inputs):
    for line in inputs.read_text().splitlines():
        file = Path(line.split(" ", 1)[1])
        name, version = file.name.split("_")[:2]
        yield debian(name, version.removesuffix(".dsc").replace("%3a", ":"), sha256(file), description="guest")


def linked():
    for name, where in LINKED.items():
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], check=True, capture_output=True, text=True).stdout
        yield debian(name, version, description="linked statically: " + where)


def main():
    directory, names, sums, inputs, release = map(Path, sys.argv[1:])
    listed = {}
    for line in names.read_text().splitlines():
        words = line.split()
        if len(words) == 2 and not line.startswith("#"):
            listed[words[1]] = words[0]
    groups = {}
    for line in sums.read_text().splitlines():
        if not line.startswith("#"):
            owner, name = line.split()[1].split("/")
            groups[name] = owner
    java = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
    version = java["JAVA_RUNTIME_VERSION"].strip('"')
    vendor = java.get("IMPLEMENTOR", '""').strip('"')
    runtime = component("platform", "jdk", version, f"pkg:generic/jdk@{version.replace('+', '%2B')}", publisher=vendor)
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
               "metadata": {"component": {"type": "application", "name": "saya", "bom-ref": "saya"}},
               "components": [runtime, *jars(directory, listed, groups), *linked(), *guest(inputs)]}, sys.stdout, indent=1)
    print()


main()
