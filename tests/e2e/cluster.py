"""One cluster of real parts on 127.0.0.1: etcd, API server, controller manager, Prometheus."""

import json
import subprocess
from pathlib import Path

from certs import Certificates
from kube import Api, ApiError
from procs import Process, Processes, free_port, wait_for

HERE = Path(__file__).resolve().parent
SYSTEM_NAMESPACE = "flyball-system"

START_TIMEOUT_SEC = 90
KUBECTL_TIMEOUT_SEC = 60


class Cluster:
    """Starts its parts on request and knows how to reach them; `stop` ends all that was started."""

    def __init__(self, folder: Path, programs: dict[str, str]):
        self.folder = folder
        self.programs = programs
        self.processes = Processes(folder)
        self.certificates = Certificates(folder / "certs")
        self.api_port = free_port()
        self.prometheus_port = free_port()
        certificate, key = self.certificates.client("e2e-admin", "system:masters")
        self.api = Api(self.api_port, self.certificates.authority, certificate, key)
        self.admin_kubeconfig = self.kubeconfig("admin", certificate=certificate, key=key)
        self.audit_flags: list[str] = []
        self.apiserver: Process | None = None
        self.prometheus: Process | None = None

    def stop(self) -> None:
        self.processes.stop_all()

    # ----- files

    def kubeconfig(
        self, name: str, certificate: Path = None, key: Path = None, token: str = "", namespace: str = "default"
    ) -> Path:
        user = (
            {"token": token}
            if token
            else {
                "client-certificate": str(certificate),
                "client-key": str(key),
            }
        )
        server = {
            "server": f"https://127.0.0.1:{self.api_port}",
            "certificate-authority": str(self.certificates.authority),
        }
        path = self.folder / f"{name}.kubeconfig"
        # JSON is YAML; kubeconfig files are often written by programs this way.
        text = json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "e2e", "cluster": server}],
                "users": [{"name": name, "user": user}],
                "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name, "namespace": namespace}}],
                "current-context": "e2e",
            },
            indent=2,
        )
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def account_kubeconfig(self, account: str) -> Path:
        """A kubeconfig with a token of a service account of the manifests: its rights and its namespace, no more."""
        path = f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/serviceaccounts/{account}/token"
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 7200},
        }
        token = self.api.create(path, request)["status"]["token"]
        return self.kubeconfig(account, token=token, namespace=SYSTEM_NAMESPACE)

    def keep_audit(self, rules: list[dict]) -> Path:
        """Before the start: the API server writes down the requests that these rules of an audit policy name. Returns the log."""
        policy, log = self.folder / "audit-policy.json", self.folder / "audit.log"
        policy.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": rules}))
        self.audit_flags = [f"--audit-policy-file={policy}", f"--audit-log-path={log}"]
        return log

    # ----- parts

    def start_control_plane(self, hpa_controller: bool, more_controllers: tuple[str, ...] = ()) -> None:
        self._start_etcd()
        self._start_apiserver()
        self._start_controller_manager(hpa_controller, more_controllers)

    def _start_etcd(self) -> None:
        self.etcd_port, peer = free_port(), free_port()
        self.processes.start(
            "etcd",
            [
                self.programs["etcd"],
                f"--data-dir={self.folder / 'etcd'}",
                f"--listen-client-urls=http://127.0.0.1:{self.etcd_port}",
                f"--advertise-client-urls=http://127.0.0.1:{self.etcd_port}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=default=http://127.0.0.1:{peer}",
                "--log-level=warn",
            ],
        )

    def _start_apiserver(self) -> None:
        made = self.certificates
        certificate, key = made.server("kube-apiserver", ["localhost", "kubernetes.default.svc"])
        front_certificate, front_key = made.front_client
        self.apiserver = self.processes.start(
            "kube-apiserver",
            [
                self.programs["kube-apiserver"],
                f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.api_port}",
                f"--tls-cert-file={certificate}",
                f"--tls-private-key-file={key}",
                f"--client-ca-file={made.authority}",
                "--authorization-mode=RBAC",
                # Nobody makes the tokens that this plugin would put into every pod.
                "--disable-admission-plugins=ServiceAccount",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={made.service_account_key}",
                f"--service-account-signing-key-file={made.service_account_key}",
                "--service-cluster-ip-range=10.96.0.0/24",
                # It has no address but loopback, which may not be an endpoint.
                "--endpoint-reconciler-type=none",
                f"--requestheader-client-ca-file={made.front_authority}",
                "--requestheader-allowed-names=front-proxy-client",
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                f"--proxy-client-cert-file={front_certificate}",
                f"--proxy-client-key-file={front_key}",
                *self.audit_flags,
            ],
        )
        self.wait_for_apiserver()

    def wait_for_apiserver(self) -> None:
        wait_for(
            "ready kube-apiserver",
            lambda: self.api.answers("/readyz"),
            START_TIMEOUT_SEC,
            alive=(self.processes.all[0], self.apiserver),
        )

    def _start_controller_manager(self, hpa_controller: bool, more_controllers: tuple[str, ...]) -> None:
        controllers = ["deployment-controller", "replicaset-controller", *more_controllers]
        if hpa_controller:
            controllers.append("horizontal-pod-autoscaler-controller")
        certificate, key = self.certificates.client("system:kube-controller-manager")
        kubeconfig = self.kubeconfig("kube-controller-manager", certificate, key)
        self.processes.start(
            "kube-controller-manager",
            [
                self.programs["kube-controller-manager"],
                f"--kubeconfig={kubeconfig}",
                f"--authentication-kubeconfig={kubeconfig}",
                f"--authorization-kubeconfig={kubeconfig}",
                "--bind-address=127.0.0.1",
                f"--secure-port={free_port()}",
                f"--cert-dir={self.folder / 'kube-controller-manager'}",
                "--leader-elect=false",
                f"--controllers={','.join(controllers)}",
                # Each controller with its own account, so that Kubernetes' own roles are in force.
                "--use-service-account-credentials=true",
            ],
        )

    def start_prometheus(self, exporter_port: int, name: str = "prometheus", listen: str = "", flags: tuple[str, ...] = ()) -> Process:
        """`listen` is ADDRESS:PORT; without it, `prometheus_port` on loopback."""
        config = self.folder / f"{name}.yml"
        text = (HERE / "config" / "prometheus.yml").read_text()
        config.write_text(text.replace("@EXPORTER_PORT@", str(exporter_port)))
        self.prometheus = self.processes.start(
            name,
            [
                self.programs["prometheus"],
                f"--config.file={config}",
                f"--storage.tsdb.path={self.folder / name}",
                f"--web.listen-address={listen or f'127.0.0.1:{self.prometheus_port}'}",
                "--log.level=warn",
                *flags,
            ],
        )
        return self.prometheus

    def prometheus_url(self) -> str:
        return f"http://127.0.0.1:{self.prometheus_port}/"

    # ----- the aggregated API

    def register_adapter(self, service: str, port: int) -> None:
        """Both versions of custom.metrics.k8s.io go to a program on loopback.

        A Service of type ExternalName is the one kind that needs no endpoints and no cluster
        network for that.
        """
        self.api.create(
            f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/services",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": service},
                "spec": {"type": "ExternalName", "externalName": "localhost"},
            },
        )
        for version, priority in (("v1beta1", 100), ("v1beta2", 200)):
            self.api.create(
                "/apis/apiregistration.k8s.io/v1/apiservices",
                {
                    "apiVersion": "apiregistration.k8s.io/v1",
                    "kind": "APIService",
                    "metadata": {"name": f"{version}.custom.metrics.k8s.io"},
                    "spec": {
                        "group": "custom.metrics.k8s.io",
                        "version": version,
                        "service": {"name": service, "namespace": SYSTEM_NAMESPACE, "port": port},
                        "caBundle": self.certificates.authority_base64(),
                        "groupPriorityMinimum": 100,
                        "versionPriority": priority,
                    },
                },
            )

    def adapter_is_available(self) -> tuple[bool, str]:
        """Whether both APIServices are Available, and what they say where not."""
        for version in ("v1beta1", "v1beta2"):
            path = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.custom.metrics.k8s.io"
            try:
                conditions = self.api.get(path).get("status", {}).get("conditions", [])
            except (ApiError, OSError) as error:
                return False, str(error)
            if not any(c["type"] == "Available" and c["status"] == "True" for c in conditions):
                return False, "; ".join(f"{c['reason']}: {c['message']}" for c in conditions)
        return True, ""

    # ----- kubectl

    def kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
        return subprocess.run(
            [
                self.programs["kubectl"],
                f"--kubeconfig={self.admin_kubeconfig}",
                f"--cache-dir={self.folder / 'kubectl-cache'}",
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=KUBECTL_TIMEOUT_SEC,
            check=False,
        )

    def kubectl_ok(self, *arguments: str, stdin: str = "") -> str:
        done = self.kubectl(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()[:500]}")
        return done.stdout
