"""Objects of S3 to files of a job's folders and back, with the rights of the job's role."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from onmodel_local.standins.aws_services import AwsServices


@dataclass
class JobFiles:
    """S3 as one job uses it."""

    aws: AwsServices
    role: str
    _uploaded: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Time of change and size of each file when it was last uploaded."""

    def download(self, uri: str, folder: Path) -> int:
        """All objects below a prefix; returns their number. Raises AccessRefusedError."""
        folder.mkdir(parents=True, exist_ok=True)
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        keys = self.aws.keys(self.role, uri)
        for key in keys:
            path = folder / (key.removeprefix(prefix).lstrip("/") or Path(key).name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.aws.read(self.role, f"s3://{bucket}/{key}"))
            self._uploaded[path] = _version(path)
        return len(keys)

    def upload_changes(self, folder: Path, uri: str) -> int:
        """Files that are new or were changed; returns their number. Deleted ones stay in S3.

        A file that the job replaces or deletes at that moment is left for the next time.

        Raises:
            AccessRefusedError: the role may not write there.
        """
        count = 0
        for path in sorted(folder.rglob("*")):
            try:
                version = _version(path)
                if not path.is_file() or self._uploaded.get(path) == version:
                    continue
                body = path.read_bytes()
            except FileNotFoundError:
                continue
            place = path.relative_to(folder).as_posix()
            self.aws.write(self.role, f"{uri.rstrip('/')}/{place}", body)
            self._uploaded[path] = version
            count += 1
        return count

    def upload_archive(self, folder: Path, uri: str) -> None:
        """The folder as a .tar.gz. Raises AccessRefusedError."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path in sorted(folder.rglob("*")):
                archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
        self.aws.write(self.role, uri, buffer.getvalue())


def _version(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size
