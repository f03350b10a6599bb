"""What is seen of a cluster: replica counts, conditions, events, kubectl's text."""

import threading
import time

from kube import Api, Watch

NAMESPACE = "e2e"
HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


class Observer:
    """Follows Deployments and HPAs by watches, so that no state between two looks is missed."""

    def __init__(self, api: Api):
        self.api = api
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.replicas: dict[str, list[tuple[int, int]]] = {}
        self.conditions: dict[str, list[list[tuple]]] = {}
        self.watches = [
            Watch(api, DEPLOYMENTS, self._take_deployment),
            Watch(api, HPAS, self._take_hpa),
        ]

    def start(self) -> None:
        for watch in self.watches:
            watch.start()

    def stop(self) -> None:
        for watch in self.watches:
            watch.stop()

    def faults(self) -> list[str]:
        return [watch.broken for watch in self.watches if watch.broken]

    def _take_deployment(self, _: str, deployment: dict) -> None:
        count = deployment["spec"]["replicas"]
        with self.lock:
            seen = self.replicas.setdefault(deployment["metadata"]["name"], [])
            if not seen or seen[-1][0] != count:
                seen.append((count, round(time.monotonic() - self.began)))

    def _take_hpa(self, _: str, hpa: dict) -> None:
        now = conditions_of(hpa)
        # A pass without a metric (an outage, a scrape that failed) is no step of the decision.
        if not any(c[:2] == ("ScalingActive", "True") for c in now):
            return
        with self.lock:
            seen = self.conditions.setdefault(hpa["metadata"]["name"], [])
            if not seen or seen[-1] != now:
                seen.append(now)

    def counts(self, name: str) -> list[int]:
        """Every spec.replicas that the Deployment has had, in order."""
        with self.lock:
            return [count for count, _ in self.replicas.get(name, [])]

    def steps(self, name: str) -> str:
        with self.lock:
            return " ".join(f"{count}@{second}s" for count, second in self.replicas.get(name, []))

    def condition_steps(self, name: str) -> list[list[tuple]]:
        with self.lock:
            return list(self.conditions.get(name, []))

    def hpa(self, name: str) -> dict:
        return self.api.get(f"{HPAS}/{name}")

    def events(self, name: str) -> list[dict]:
        items = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
        own = [event for event in items if event["involvedObject"]["name"] == name]
        own = [
            event for event in own if event["involvedObject"]["kind"] == "HorizontalPodAutoscaler"
        ]
        return sorted(own, key=lambda event: event["firstTimestamp"] or "")


def writers(api: Api) -> set[str]:
    """Who has written a scale, an HPA's status or an event on an HPA: the field managers."""
    found = set()
    for path, subresource in ((DEPLOYMENTS, "scale"), (HPAS, "status")):
        for item in api.get(path)["items"]:
            entries = item["metadata"].get("managedFields", [])
            found |= {e["manager"] for e in entries if e.get("subresource") == subresource}
    for event in api.get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]:
        if event["involvedObject"]["kind"] == "HorizontalPodAutoscaler":
            found |= {e["manager"] for e in event["metadata"].get("managedFields", [])}
    return found


def conditions_of(hpa: dict) -> list[tuple]:
    """(type, status, reason, message), in the object's order."""
    conditions = hpa.get("status", {}).get("conditions") or []
    return [(c["type"], c["status"], c["reason"], c["message"]) for c in conditions]


def condition(hpa: dict, kind: str) -> tuple:
    """(status, reason, message) of one condition."""
    return next((c[1:] for c in conditions_of(hpa) if c[0] == kind), ("", "", ""))


def status_text(hpa: dict) -> dict:
    """The status without its times: what two controllers must agree on."""
    status = dict(hpa.get("status", {}))
    status.pop("lastScaleTime", None)
    status["conditions"] = conditions_of(hpa)
    return status


def event_text(event: dict) -> tuple:
    """The event without its times, counts and names."""
    about = event["involvedObject"]
    return (
        event["type"],
        event["reason"],
        event["message"],
        event.get("source", {}).get("component", ""),
        event.get("reportingComponent", ""),
        f"{about.get('apiVersion')} {about['kind']} {about['namespace']}/{about['name']}",
    )


def table_row(text: str, name: str) -> dict[str, str]:
    """One row of kubectl's table, by column. Columns are where the header has them."""
    lines = text.splitlines()
    header = lines[0] if lines else ""
    starts = [i for i, c in enumerate(header) if c != " " and (i == 0 or header[i - 1] == " ")]
    ends = [*starts[1:], None]
    for line in lines[1:]:
        cells = [line[start:end].strip() for start, end in zip(starts, ends)]
        row = dict(zip(header.split(), cells))
        if row.get("NAME") == name:
            return row
    return {}
