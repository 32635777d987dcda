"""Writes an OCI image as a tar: each directory is a layer. Usage: layout.py FILE NAME DIRECTORY..."""

import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile

Descriptor = dict[str, object]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


class Layout:
    """An archive that gets one blob after the other, each under the digest of its bytes."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self.archive = archive

    def bytes(self, path: str, content: bytes) -> None:
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        self.archive.addfile(entry, io.BytesIO(content))

    def document(self, media_type: str, content: object) -> Descriptor:
        text = json.dumps(content, separators=(",", ":")).encode()
        digest = hashlib.sha256(text).hexdigest()
        self.bytes(f"blobs/sha256/{digest}", text)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(text)}

    def layer(self, directory: str) -> Descriptor:
        with tempfile.TemporaryFile() as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for name in sorted(os.listdir(directory)):
                    tar.add(os.path.join(directory, name), name, filter=owned_by_root)
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            entry = tarfile.TarInfo(f"blobs/sha256/{digest}")
            entry.size = size
            self.archive.addfile(entry, file)
        return {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": f"sha256:{digest}", "size": size}


def main() -> None:
    path, name, *directories = sys.argv[1:]
    with tarfile.open(path + ".new", "w") as archive:
        layout = Layout(archive)
        layers = [layout.layer(directory) for directory in directories]
        config = layout.document("application/vnd.oci.image.config.v1+json", {
            "architecture": "amd64", "os": "linux",
            "config": {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/installer"], "Cmd": ["install"]},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}})
        manifest = layout.document(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
        names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rsplit(":", 1)[-1]}
        named = {**manifest, "annotations": names, "platform": {"architecture": "amd64", "os": "linux"}}
        layout.bytes("index.json", json.dumps({"schemaVersion": 2, "manifests": [named]}).encode())
        layout.bytes("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
