"""Where the real programs come from.

Kubernetes' own programs and prometheus-adapter are taken from KUBEBUILDER_ASSETS or PATH when they
are there in the right version, else from a cache outside the repository, else built from their Go
modules (tests/e2e/peers/). etcd and Prometheus are those on PATH (Debian's packages).
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from procs import Process, wait_for

PEERS = Path(__file__).resolve().parent / "peers"
MIN_GO = (1, 26)
KUBERNETES_VERSION = "v1.36.3"
ADAPTER_VERSION = "v0.12.0"

# A cold build takes 5 to 6 minutes on two cores; this is the point where something is wrong.
BUILD_TIMEOUT_SEC = 2400


class MissingComponent(Exception):
    """One line that says what is missing and what to do about it."""


def _say(text: str) -> None:
    print(f"e2e: {text}", flush=True)


def _cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "flyball" / "peers"


class _Module:
    """One Go module under peers/ and the programs that it builds."""

    def __init__(self, folder: str, version: str, packages: dict[str, str], ldflags: str):
        self.folder = PEERS / folder
        self.version = version
        self.packages = packages
        self.ldflags = ldflags
        self.cache = _cache_dir() / (version if folder == "kubernetes" else f"{folder}-{version}")

    def stamp(self) -> str:
        """Changes when anything that the programs are made of changes."""
        digest = hashlib.sha256(self.ldflags.encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.folder / name).read_bytes())
        return digest.hexdigest()

    def is_built(self) -> bool:
        stamp = self.cache / "stamp"
        return (
            stamp.is_file()
            and stamp.read_text().strip() == self.stamp()
            and all((self.cache / name).is_file() for name in self.packages)
        )

    def build(self) -> None:
        _require_go()
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        _say(f"building {', '.join(self.packages)} {self.version} (once; minutes, not seconds)")
        started = time.monotonic()
        # Built beside the cache and renamed into it: an interrupted run leaves no half of one.
        scratch = Path(tempfile.mkdtemp(dir=self.cache.parent, prefix="build-"))
        try:
            self._go_build(scratch)
            for name, package in self.packages.items():
                (scratch / package.rsplit("/", 1)[1]).rename(scratch / name)
            (scratch / "go-build.log").unlink()
            (scratch / "stamp").write_text(self.stamp() + "\n")
            shutil.rmtree(self.cache, ignore_errors=True)
            scratch.rename(self.cache)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        _say(f"built in {time.monotonic() - started:.0f} s, kept in {self.cache}")

    def _go_build(self, target: Path) -> None:
        flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", self.ldflags]
        command = ["nice", "-n", "10", "go", "-C", str(self.folder), "build", *flags]
        command += ["-o", f"{target}/", *self.packages.values()]
        environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="", GOWORK="off")
        go = Process("go build", command, target / "go-build.log", environment)
        go.start()
        try:
            wait_for("built peers", lambda: not go.is_running(), BUILD_TIMEOUT_SEC, every_sec=0.5)
        finally:
            go.stop()
        if go.child.returncode != 0:
            raise MissingComponent("go build failed:\n" + "\n".join(go.tail(20)))


def _require_go() -> None:
    wanted = ".".join(str(part) for part in MIN_GO)
    if not shutil.which("go"):
        raise MissingComponent(
            f"Go >= {wanted} must be on PATH to build the real peers; none found"
        )
    found = subprocess.run(
        ["go", "env", "GOVERSION"], capture_output=True, text=True, timeout=60, check=False
    ).stdout.strip()
    match = re.match(r"go(\d+)\.(\d+)", found)
    if not match or (int(match[1]), int(match[2])) < MIN_GO:
        raise MissingComponent(
            f"Go >= {wanted} must be on PATH to build the real peers; found {found or 'none'}"
        )


def _kubernetes_ldflags() -> str:
    # kubectl refuses a server whose version it cannot parse, so it is set as a release has it.
    major, minor = KUBERNETES_VERSION.lstrip("v").split(".")[:2]
    flags = ["-s", "-w"]
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        flags.append(f"-X {package}.gitVersion={KUBERNETES_VERSION}")
        flags.append(f"-X {package}.gitMajor={major} -X {package}.gitMinor={minor}")
    return " ".join(flags)


_KUBERNETES = _Module(
    "kubernetes",
    KUBERNETES_VERSION,
    {
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    },
    _kubernetes_ldflags(),
)
_ADAPTER = _Module(
    "prometheus-adapter",
    ADAPTER_VERSION,
    {"prometheus-adapter": "sigs.k8s.io/prometheus-adapter/cmd/adapter"},
    "-s -w",
)

# program -> Debian package; `./dev e2e` installs them
_PACKAGES = {"etcd": "etcd-server", "prometheus": "prometheus"}


def _is_wanted_kubernetes(program: str, path: str) -> bool:
    """Another minor version would not be the Kubernetes whose texts are compared."""
    arguments = ["version", "--client"] if program == "kubectl" else ["--version"]
    try:
        shown = subprocess.run(
            [path, *arguments], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    minor = ".".join(KUBERNETES_VERSION.split(".")[:2])
    return re.match(rf"(Kubernetes|Client Version:) {re.escape(minor)}\.\d+\n", shown) is not None


def _installed(program: str) -> str | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    candidates = [os.path.join(assets, program)] if assets else []
    candidates.append(shutil.which(program) or "")
    for path in candidates:
        if path and os.access(path, os.X_OK):
            if program not in _KUBERNETES.packages or _is_wanted_kubernetes(program, path):
                return path
    return None


def resolve(programs: set[str]) -> dict[str, str]:
    """Paths of all `programs`; what is missing of the Go programs is built."""
    found: dict[str, str] = {}
    to_build = []
    for program in sorted(programs):
        path = _installed(program)
        module = next((m for m in (_KUBERNETES, _ADAPTER) if program in m.packages), None)
        if path:
            found[program] = path
        elif module:
            if not module.is_built() and module not in to_build:
                to_build.append(module)
            found[program] = str(module.cache / program)
        else:
            raise MissingComponent(
                f"{program} is not on PATH: run ./dev e2e, or apt-get install {_PACKAGES[program]}"
            )
    for module in to_build:
        module.build()
    return found
