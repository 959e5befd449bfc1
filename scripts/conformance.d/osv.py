# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0

"""osv.py FENGSUI OSV_SCANNER RECORDS SBOMS [OUT]: scans real component lists with both programs, offline, over the same records.

RECORDS holds one folder for each ecosystem, of JSON files or with all.zip, as osv.dev publishes them. The findings must
be the same. Every difference is listed with the reason for it, which is worked out from the records themselves; one that
has none fails. OUT, where it is given, keeps the records as archives (db), the
lists (sboms) and the answer of fengsui (ours.json)."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

fengsui, scanner, records, sboms, *out_file = sys.argv[1:]
holder = None if out_file else tempfile.TemporaryDirectory()
work = pathlib.Path(out_file[0] if out_file else holder.name)
if out_file:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)

# What the scanner wants to find, be it empty.
ALL = """AlmaLinux Alpaquita Alpine Android Azure_Linux BellSoft_Hardened_Containers Bioconductor Bitnami CRAN Chainguard ConanCenter Debian Echo GHC GIT GitHub_Actions Go Hackage Hex Julia Linux Mageia
Maven MinimOS NuGet OSS-Fuzz Packagist Photon_OS Pub PyPI Red_Hat Rocky_Linux RubyGems SUSE SwiftURL Ubuntu Wolfi crates.io npm openEuler openSUSE opam""".split()


def archive():
    """The records as the scanner keeps them; returns them by id."""
    known = {}
    for ecosystem in (e.replace("_", " ") for e in ALL):
        to = work / "db" / "osv-scalibr" / ecosystem
        to.mkdir(parents=True)
        folder = pathlib.Path(records) / ecosystem
        with zipfile.ZipFile(to / "all.zip", "w", zipfile.ZIP_DEFLATED) as z:
            seen = set()

            def add(text):
                r = json.loads(text)
                if r["id"] not in seen:
                    seen.add(r["id"])
                    known[r["id"]] = r
                    z.writestr(r["id"] + ".json", text)

            if (folder / "all.zip").exists():
                with zipfile.ZipFile(folder / "all.zip") as old:
                    for name in old.namelist():
                        if name.endswith(".json"):
                            add(old.read(name))
            elif folder.exists():
                for file in sorted(folder.rglob("*.json")):
                    add(file.read_bytes())
    return known


def lists():
    """The component lists under names by which the scanner knows what they are; what it cannot read at all is left out, and so
    is CycloneDX before 1.2, which Fengsui refuses."""
    to = work / "sboms"
    to.mkdir()
    names, passed = {}, []
    for file in sorted(pathlib.Path(sboms).iterdir()):
        b = file.read_bytes()
        if b.lstrip()[:1] == b"{":
            try:
                d = json.loads(b)
            except ValueError:
                passed.append(file.name)
                continue
            ext = ".cdx.json" if "bomFormat" in d else ".spdx.json" if "spdxVersion" in d else ""
        else:
            ext = ".cdx.xml" if b"cyclonedx.org/schema/bom" in b[:2000] else ""
        old = ext == ".cdx.xml" and re.search(rb"cyclonedx\.org/schema/bom/1\.[01]\"", b[:2000]) or ext == ".cdx.json" and d.get("specVersion") in ("1.0", "1.1")
        if not ext or old:
            passed.append(file.name)
            continue
        name = f"{len(names):04d}{ext}"
        (to / name).write_bytes(b)
        names[name] = file.name
        if ext == ".spdx.json":
            (to / "again").mkdir(exist_ok=True)
            (to / "again" / name.replace(".spdx.", ".cdx.")).write_text(json.dumps(told_again(d)))
    return to, names, passed


def told_again(d):
    """The packages of SPDX in CycloneDX. The scanner's reader of SPDX drops the namespace of every package URL (it takes
    cloud.google.com/go for the Go language): what it can match it is given this way. Fengsui reads the SPDX."""
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [
        {"type": "library", "name": p.get("name", ""), "version": p.get("versionInfo", ""), "purl": r["referenceLocator"]}
        for p in d.get("packages", []) for r in p.get("externalRefs", []) if r.get("referenceType") == "purl"]}


def pep503(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def folded(ecosystem, name):
    base = ecosystem.split(":")[0]
    if base == "PyPI":
        return pep503(name)
    return name if base in ("Maven", "RubyGems", "CRAN", "Hackage", "Hex") else name.lower()


def bare(ecosystem, version):
    """The scanner writes versions of Go without the v."""
    return version[1:] if ecosystem.startswith("Go") and version.startswith("v") else version


def scan_theirs(folder, names):
    """Findings as (file, ecosystem, package, version, id), and the lists that the scanner refuses."""
    found, packages, refused = set(), collections.defaultdict(dict), []
    todo = sorted(names)
    while todo:
        part, todo = todo[:40], todo[40:]
        while part:
            out = work / "theirs.json"
            out.unlink(missing_ok=True)
            given = {f: folder / "again" / f.replace(".spdx.", ".cdx.") if f.endswith(".spdx.json") else folder / f for f in part}
            args = [x for f in part for x in ("-L", str(given[f]))]
            run = subprocess.run([scanner, "scan", "source", "--offline", *args, "--format", "json", "--all-vulns", "--all-packages", "--output-file", str(out)], capture_output=True, text=True,
                                 env={**os.environ, "OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY": str(work / "db")})
            bad = [f for f in part if re.search(r"\t.*" + re.escape(given[f].name) + r": ", run.stderr + run.stdout)]
            if out.exists() and run.returncode in (0, 1):
                for r in json.loads(out.read_text())["results"]:
                    path = pathlib.Path(r["source"]["path"])
                    file = path.name.replace(".cdx.", ".spdx.") if path.parent.name == "again" else path.name
                    for p in r["packages"]:
                        q = p["package"]
                        key = (file, q["ecosystem"].split(":")[0], folded(q["ecosystem"], q["name"]), bare(q["ecosystem"], q.get("version", "")))
                        packages[file][key[1:]] = q["name"]
                        found.update(key + (v["id"],) for v in p.get("vulnerabilities", []))
                break
            if run.returncode == 128 and not bad:  # no package in any of them
                break
            if not bad:
                sys.exit(f"the scanner failed with {run.returncode}: {run.stderr[-2000:]}")
            refused += bad
            part = [f for f in part if f not in bad]
    return found, packages, refused


def scan_ours(folder, names):
    run = subprocess.run([fengsui, "sbom", "scan", "--json", "--osv", str(work / "db"), *(str(folder / f) for f in sorted(names))], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"fengsui failed with {run.returncode}: {run.stderr[-2000:]}")
    (work / "ours.json").write_text(run.stdout)
    found, doubts = set(), set()
    for d in json.loads(run.stdout)["documents"]:
        file = pathlib.Path(d["name"]).name
        for f in d["findings"]:
            key = (file, f["ecosystem"].split(":")[0], folded(f["ecosystem"], f["package"]), bare(f["ecosystem"], f["version"]), f["id"])
            if f["verdict"] == "affected":
                found.add(key)
            else:
                doubts.add(key)
    return found, doubts


def reason(key, ours, known, packages, doubts):
    """Why the two differ about a finding; "" when there is no reason."""
    file, ecosystem, name, version, id = key
    entries = [a for a in known[id].get("affected", []) if a.get("package", {}).get("ecosystem", "").split(":")[0] == ecosystem and folded(ecosystem, a["package"]["name"]) == name]
    if ours:
        if any(a.get("ranges") and a["ranges"][0]["type"] == "GIT" for a in entries):
            return "the scanner stops at a GIT range that comes first"
        if ecosystem == "Packagist":
            return "the scanner drops the vendor of Packagist packages"
        if (ecosystem, name, version) not in packages[file]:
            return "the scanner does not take this package, or this version of it, from the list"
        if ecosystem == "PyPI" and all(a["package"]["name"] != pep503(a["package"]["name"]) for a in entries):
            return "the scanner compares the record's name as it is written (PEP 503 not applied)"
        if ecosystem == "Go" and any(a["package"]["name"] != packages[file][ecosystem, name, version] for a in entries):
            return "the scanner compares names of Go modules letter by letter"
        return ""
    if key in doubts and not re.search(r"[0-9]", version):
        return "what is given as a version is none: fengsui asks a person, the scanner takes it for the oldest"
    if ecosystem == "npm" and "/" not in name:
        return "the scanner drops the scope of npm packages"
    return ""


def told(what, rows, names, why):
    groups = collections.defaultdict(list)
    for key in sorted(rows):
        groups[why(key)].append(key)
    for cause, keys in sorted(groups.items()):
        print(f"{what}: {len(keys)}: {cause or 'UNEXPLAINED'}")
        for file, *rest in keys[:3 if cause else 60]:
            print("   ", names[file], *rest)
    return len(groups.get("", []))


known = archive()
folder, names, passed = lists()
theirs, packages, refused = scan_theirs(folder, names)
for f in refused:
    names.pop(f)
ours, doubts = scan_ours(folder, names)
ecosystems = {e for _, e, *_ in ours | theirs}
print(f"{len(names)} lists, {len(known)} records, {sum(map(len, packages.values()))} packages; both find {len(ours & theirs)}; {len(doubts)} more to check by a person; ecosystems with findings: {', '.join(sorted(ecosystems))}")
if passed or refused:
    print(f"left out: {len(passed)} lists in forms that one of both does not know, {len(refused)} that it refuses")
bad = told("only fengsui", ours - theirs, names, lambda k: reason(k, True, known, packages, doubts))
bad += told("only the scanner", theirs - ours, names, lambda k: reason(k, False, known, packages, doubts))
if len(names) < int(os.environ.get("FENGSUI_CONFORMANCE_MIN_SBOMS", "100")):
    print(f"FAILED: only {len(names)} lists")
    bad += 1
if not ours & theirs:
    print("FAILED: nothing was found at all")
    bad += 1
sys.exit(1 if bad else 0)
