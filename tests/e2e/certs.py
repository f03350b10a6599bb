"""Keys and certificates of one cluster, made with openssl.

Two authorities, as a cluster has them: one for servers and clients, one for the front proxy (the
API server when it forwards a request to an aggregated API).
"""

import base64
import subprocess
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Certificates:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = self._self_signed("ca", "/CN=flyball-e2e-ca")
        self.front_authority = self._self_signed("front-ca", "/CN=flyball-e2e-front-proxy-ca")
        self.front_client = self._signed("front-client", "/CN=front-proxy-client", by="front-ca")
        self.service_account_key = folder / "service-account.key"
        # In the older of the two formats: the API server reads EC keys in no other.
        self._openssl(
            "ecparam",
            "-name",
            "prime256v1",
            "-genkey",
            "-noout",
            "-out",
            str(self.service_account_key),
        )

    def server(self, name: str, dns_names: list[str]) -> tuple[Path, Path]:
        names = ",".join(["IP:127.0.0.1", *(f"DNS:{dns}" for dns in dns_names)])
        return self._signed(name, f"/CN={name}", names=names)

    def client(self, user: str, group: str = "") -> tuple[Path, Path]:
        subject = (f"/O={group}" if group else "") + f"/CN={user}"
        return self._signed("client-" + user.replace(":", "-"), subject)

    def authority_base64(self) -> str:
        return base64.b64encode(self.authority.read_bytes()).decode()

    def _paths(self, name: str) -> tuple[Path, Path]:
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _request(self, name: str, subject: str, section: str, names: str, extra: list[str]):
        certificate, key = self._paths(name)
        config = self.folder / f"{name}.cnf"
        config.write_text(_CONFIG.format(names=names or "DNS:unused"))
        self._openssl(
            "req",
            "-x509",
            *_NEW_KEY,
            "-days",
            "2",
            "-config",
            str(config),
            "-extensions",
            section,
            "-subj",
            subject,
            "-keyout",
            str(key),
            "-out",
            str(certificate),
            *extra,
        )
        return certificate, key

    def _self_signed(self, name: str, subject: str) -> Path:
        return self._request(name, subject, "authority", "", [])[0]

    def _signed(
        self, name: str, subject: str, by: str = "ca", names: str = ""
    ) -> tuple[Path, Path]:
        certificate, key = self._paths(by)
        section = "server" if names else "client"
        return self._request(
            name, subject, section, names, ["-CA", str(certificate), "-CAkey", str(key)]
        )

    @staticmethod
    def _openssl(*arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip().splitlines()[-1:]}")
