"""RO-Crate 1.1 metadata of a run directory: which files there are, what made them, from which study."""

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mfsolve

CONFORMS = "https://w3id.org/ro/crate/1.1"
TYPES = {".h5": "application/x-hdf5", ".toml": "application/toml", ".md": "text/markdown"}
READ = 2**20


def crate(folder: Path, files: Sequence[Path], title: str, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """The document `ro-crate-metadata.json` of a folder and these of its files."""
    made = made_by.get("created", "")
    parts = [_file(folder, path) for path in files]
    names = [{"@id": part["@id"]} for part in parts]
    results = [name for name in names if not name["@id"].endswith(".toml")]
    program = {
        "@id": "#mfsolve",
        "@type": "SoftwareApplication",
        "name": "mfsolve",
        "softwareVersion": mfsolve.__version__,
        "description": f"code {made_by.get('code', 'unknown')}; versions {made_by.get('versions', {})}",
    }
    return {
        "@context": f"{CONFORMS}/context",
        "@graph": [
            {
                "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
                "conformsTo": {"@id": CONFORMS},
            },
            {
                "@id": "./", "@type": "Dataset", "name": title, "description": f"A run of mfsolve: {title}",
                "datePublished": made[:10], "license": "none stated", "hasPart": names,
                "mentions": {"@id": "#run"},
            },
            {
                "@id": "#run", "@type": "CreateAction", "name": title, "instrument": {"@id": "#mfsolve"},
                "object": [{"@id": "study.toml"}], "result": results, "endTime": made,
            },
            program,
            *parts,
        ],
    }  # fmt: skip


def _file(folder: Path, path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ):
            digest.update(block)
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {
        "@id": path.relative_to(folder).as_posix(),
        "@type": "File",
        "name": path.name,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": digest.hexdigest(),
    }
