"""manifests/ against the real API server: the dry runs, and the accounts and roles of the overlay that may act for real."""

import json
from pathlib import Path

from cluster import Cluster
from procs import wait_for
from report import Track

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
BASE = MANIFESTS / "base"
OWN = MANIFESTS / "overlays" / "own"

SERVED_TIMEOUT_SEC = 60

# No pod can run here; the harness starts the programs, and registers their address itself.
_NOT_APPLIED = {"Deployment", "Service", "APIService"}


def apply_base(cluster: Cluster, track: Track) -> None:
    # A dry run makes no namespace, and without it nothing that belongs there can be tried.
    cluster.kubectl_ok("apply", "-f", str(BASE / "namespace.yaml"))
    for folder in (BASE, OWN):
        done = cluster.kubectl("apply", "--dry-run=server", "-k", str(folder))
        clean = done.returncode == 0 and "Warning" not in done.stderr
        track.check(f"kubectl apply --dry-run=server -k {folder.relative_to(MANIFESTS.parent)}, no warning", clean, done.stderr)
    text = cluster.kubectl_ok("create", "--dry-run=client", "-o", "json", "-k", str(OWN))
    objects = [item for item in documents(text) if item["kind"] not in _NOT_APPLIED]
    cluster.kubectl_ok("apply", "-f", "-", stdin=json.dumps(_list(objects)))
    for path in ("/apis/flyball.dev/v1alpha1", "/apis/flyball.dev/v1alpha1/horizontalautoscalers"):
        wait_for(f"served {path}", lambda path=path: cluster.api.answers(path), SERVED_TIMEOUT_SEC)


def _list(objects: list[dict]) -> dict:
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def documents(text: str) -> list[dict]:
    """kubectl prints JSON documents one after the other, and may wrap several into a List."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        document, at = decoder.raw_decode(text, at)
        found += document["items"] if document["kind"] == "List" else [document]
    return found
