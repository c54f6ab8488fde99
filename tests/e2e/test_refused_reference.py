"""A reference picture that cannot be used is named where people look: mails, page and --json."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from pathlib import Path

from drawn.films import DrawnFilm
from e2e.deployed_stack import DeployedStack
from e2e.upload_outage import upload_outage
from waiting import PATIENCE_SECONDS

HEIC = b"\0\0\0\x18ftypheic" + bytes(64)
"""The beginning of a phone's picture, under the suffix of another kind."""


def test_reference_when_refused_then_named_in_mails_page_and_json(
    studio: DeployedStack, drawn: DrawnFilm, tmp_path: Path
) -> None:
    with upload_outage(studio):  # the queue UploadRetries brings it back
        studio.upload("Café 🎬/characters/Mira/photo.jpg", HEIC)
    (refused,) = studio.wait_for_mails("Mira/photo.jpg was not accepted")
    assert "HEIC" in refused.body and "Café 🎬/characters/Mira/photo.jpg" in refused.body
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "onmodel"), "run", str(drawn.path), "--production",
            "Café 🎬", "--output", str(tmp_path), "--json",
        ],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        env={**os.environ, **studio.stack.environment()}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    (notice,) = [text for text in answer["notices"] if "Mira/photo.jpg was not used" in text]
    assert "HEIC" in notice
    page = html.unescape(Path(answer["report"]).read_text(encoding="utf-8"))
    assert notice in page and "production Café 🎬" in page
    (mail,) = [
        mail
        for mail in studio.wait_for_mails("Mira/photo.jpg was not used")
        if mail.correlation_id == answer["correlation_id"]
    ]
    assert "production Café 🎬 is prepared" in " ".join(mail.body.split())
