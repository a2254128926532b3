"""A self-signed certificate for TLS tests, made by the `openssl` command."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def make_certificate(directory: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1; skips the test where `openssl` is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command makes the certificate, and it is not installed")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both = directory / "server.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def client_context(certificate: Path) -> ssl.SSLContext:
    """A context that trusts the certificate and nothing else."""
    return ssl.create_default_context(cafile=str(certificate))
