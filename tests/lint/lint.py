#!/usr/bin/env python3
"""The project's gates: format, layers, names, sizes, objects, shell scripts.

Usage: lint.py BUILD_DIR [CHECK ...]. Every finding is one line; the last line is "N passed, M failed" (checks)."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["common", "kube", "promql", "controller", "adapter", "sandbox", "cli"]
MAY_USE = {
    "common": {"common"},
    "kube": {"common", "kube"},
    "promql": {"common", "promql"},
    "controller": {"common", "kube", "promql", "controller"},
    "adapter": {"common", "kube", "promql", "adapter"},
    "sandbox": {"common", "kube", "promql", "sandbox"},
    "cli": set(FOLDERS),
}
LIBRARY_HEADERS = {
    "curl/curl.h": {"common/http_client.c"},
    "microhttpd.h": {"common/http_server.c"},
    "yaml.h": {"common/yx.c"},
    "pcre2.h": {"common/rex.c"},
    "jansson.h": {"common/jx.h"},
    "zlib.h": {"common/gzip.c"},
}
MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 80
MAX_COMPLEXITY = 15
# Functions of libc that no object may import, except where the reason stands in the allow list.
BANNED = set(
    "strcpy strcat sprintf vsprintf strtok strtok_r strtol strtoul strtoll strtoull strtod atoi atol atof sscanf "
    "localtime localtime_r gmtime rand srand system popen setlocale exit abort malloc calloc realloc reallocarray "
    "strdup strndup time gettimeofday clock_gettime curl_easy_perform json_loads getaddrinfo".split()
)


def git_files(*patterns):
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout
    return [line for line in out.splitlines() if (ROOT / line).is_file()]


def product_files():
    return [f for f in git_files("*.c", "*.h") if f.split("/")[0] in FOLDERS]


def allow_list(name):
    """Lines `KEY  reason`; a line without a reason is an error of its own."""
    path = ROOT / "tests/lint" / name
    allowed = {}
    if path.exists():
        for line in path.read_text().splitlines():
            if line and not line.startswith("#"):
                key, _, reason = line.partition("  ")
                assert reason.strip(), f"{name}: no reason for {key}"
                allowed[key.strip()] = reason.strip()
    return allowed


def check_format():
    files = [f for f in git_files("*.c", "*.h") if f.split("/")[0] in FOLDERS + ["tests", "bench"]]
    run = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *files], cwd=ROOT, capture_output=True, text=True)
    seen = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "error:" in line})
    return [f"{f}: not formatted; run clang-format-14 -i {f}" for f in seen]


def check_layers():
    problems = []
    for name in product_files():
        folder = name.split("/")[0]
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
            if not match:
                continue
            header = match.group(1)
            top = header.split("/")[0]
            if top in FOLDERS and top not in MAY_USE[folder]:
                problems.append(f"{name}:{number}: {folder} may not use {top}")
            if header in LIBRARY_HEADERS and name not in LIBRARY_HEADERS[header]:
                problems.append(f"{name}:{number}: <{header}> belongs to {', '.join(LIBRARY_HEADERS[header])}")
            if '"' in line and top not in FOLDERS and top != "tests":
                problems.append(f"{name}:{number}: include project headers as \"folder/file.h\"")
    return problems


def check_sizes():
    problems = []
    allowed = allow_list("sizes.allow")
    files = product_files()
    for name in files:
        lines = len((ROOT / name).read_text().splitlines())
        if lines > MAX_FILE_LINES:
            problems.append(f"{name}: {lines} lines, at most {MAX_FILE_LINES}: split it by idea")
    sources = [f for f in files if f.endswith(".c")]
    run = subprocess.run(["pmccabe", *sources], cwd=ROOT, capture_output=True, text=True)
    for line in run.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) < 6:
            continue
        complexity, length, where = int(fields[1]), int(fields[4]), fields[5]
        path, function = where.split("(")[0], where.split()[-1]
        if complexity > MAX_COMPLEXITY or length > MAX_FUNCTION_LINES:
            if f"{path}:{function}" not in allowed:
                problems.append(f"{path}: {function}: complexity {complexity} (at most {MAX_COMPLEXITY}), "
                                f"{length} lines (at most {MAX_FUNCTION_LINES})")
    return problems


def archives(build):
    return [(folder, Path(build) / f"libflyball_{folder}.a") for folder in FOLDERS
            if (Path(build) / f"libflyball_{folder}.a").exists()]


def nm(path, *flags):
    """Yields (object name, symbol type, symbol)."""
    out = subprocess.run(["nm", *flags, str(path)], capture_output=True, text=True).stdout
    current = ""
    for line in out.splitlines():
        if line.endswith(".o:"):
            current = line[:-1]
            continue
        fields = line.split()
        if len(fields) >= 2:
            yield current, fields[-2], fields[-1]


def check_names():
    problems = []
    homes = {}
    allowed = allow_list("names.allow")
    for folder, path in archives(BUILD):
        for obj, kind, symbol in nm(path, "--defined-only", "--extern-only"):
            stem = re.sub(r"\.c\.o$", "", obj)
            if kind in "TDBR" and homes.setdefault(symbol, folder) != folder:
                problems.append(f"{folder}/{stem}.c: {symbol} is also in {homes[symbol]}; one program links both")
            if kind in "TDBRV" and not symbol.startswith(stem + "_") and symbol != stem:
                if f"{folder}/{stem}:{symbol}" not in allowed and not family(stem, symbol):
                    problems.append(f"{folder}/{stem}.c: exported symbol {symbol} does not start with {stem}_")
    return problems


def family(stem, symbol):
    """Files of one family (`hpa_json.c` beside `hpa.c`) may share the head of the stem."""
    parts = stem.split("_")
    return any(symbol.startswith("_".join(parts[:n]) + "_") for n in range(1, len(parts))
               if (ROOT / FOLDER_OF.get("_".join(parts[:n]), "")).exists() and "_".join(parts[:n]) in FOLDER_OF)


FOLDER_OF = {}


def check_objects():
    problems = []
    allowed = allow_list("objects.allow")
    for folder, path in archives(BUILD):
        for obj, kind, symbol in nm(path):
            stem = re.sub(r"\.c\.o$", "", obj)
            if re.match(r"^(\.L|__gcov|__asan|__odr|__func__|__PRETTY)", symbol):
                continue
            if kind in "dDbB" and f"{folder}/{stem}:{symbol}" not in allowed and not symbol.startswith(".data.rel.ro"):
                if not is_read_only(path, obj, symbol):
                    problems.append(f"{folder}/{stem}.c: writable file-scope state {symbol}")
            if kind == "U" and symbol.split("@")[0] in BANNED:
                if f"{folder}/{stem}:{symbol}" not in allowed:
                    problems.append(f"{folder}/{stem}.c: uses {symbol}, which is banned (see tests/lint/objects.allow)")
    return problems


def is_read_only(path, obj, symbol):
    """Constant tables with pointers live in .data.rel.ro, which nm shows as d."""
    key = (str(path), obj)
    if key not in SECTIONS:
        out = subprocess.run(["objdump", "-t", str(path)], capture_output=True, text=True).stdout
        current = ""
        for line in out.splitlines():
            match = re.match(r"^(\S+\.o):\s+file format", line)
            if match:
                current = match.group(1)
                SECTIONS.setdefault((str(path), current), {})
                continue
            fields = line.split()
            if len(fields) >= 5 and current:
                section = next((f for f in fields if f.startswith((".data", ".bss", ".rodata", ".tbss"))), "")
                SECTIONS[(str(path), current)][fields[-1]] = section
    return SECTIONS.get(key, {}).get(symbol, "").startswith(".data.rel.ro")


SECTIONS = {}


def check_headers_alone():
    problems = []
    flags = subprocess.run(["pkg-config", "--cflags", "jansson"], capture_output=True, text=True).stdout.split()
    for name in [f for f in product_files() if f.endswith(".h")]:
        run = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", f"-I{ROOT}", *flags, "-include", name, "-x", "c", "/dev/null"],
                             cwd=ROOT, capture_output=True, text=True)
        if run.returncode != 0:
            problems.append(f"{name}: does not compile alone: {run.stderr.splitlines()[0]}")
        text = (ROOT / name).read_text()
        if "#pragma once" not in text:
            problems.append(f"{name}: no #pragma once")
    return problems


def check_text():
    problems = []
    for name in git_files("*.c", "*.h", "*.py", "*.md", "*.yaml", "dev", ".ci/run"):
        if name == "tests/lint/lint.py":
            continue
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line) and name.endswith((".c", ".h")):
                problems.append(f"{name}:{number}: TODO in the source; open an issue instead")
            if re.search(r"(?<![\w.])/(work|root|home)/", line):
                problems.append(f"{name}:{number}: path of a machine")
            if re.search(r"\bAUTO\(\w+\) [^;=]*;", line) and name.endswith(".c"):
                problems.append(f"{name}:{number}: what is cleaned up at the end of the scope must be initialised where it is declared")
            if line.rstrip() != line and name.endswith((".c", ".h", ".py")):
                problems.append(f"{name}:{number}: trailing blank")
    return problems


def check_shell():
    run = subprocess.run(["shellcheck", "dev", ".ci/run"], cwd=ROOT, capture_output=True, text=True)
    return run.stdout.splitlines() if run.returncode != 0 else []


CHECKS = {
    "format": check_format,
    "layers": check_layers,
    "sizes": check_sizes,
    "names": check_names,
    "objects": check_objects,
    "headers": check_headers_alone,
    "text": check_text,
    "shell": check_shell,
}


def main():
    global BUILD
    BUILD = sys.argv[1] if len(sys.argv) > 1 else "build/dev"
    if not archives(BUILD):
        sys.exit(f"lint: no libraries in {BUILD}; build the dev preset first")
    for name in product_files():
        if name.endswith(".c"):
            FOLDER_OF[Path(name).stem] = os.path.dirname(name)
    wanted = sys.argv[2:] or list(CHECKS)
    failed = 0
    for name in wanted:
        problems = CHECKS[name]()
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok  '} {name}")
        for problem in problems:
            print(f"     {problem}")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
