"""Names of files that nobody uploads on purpose: unfinished copies, and what comes beside films.

All of them lie beside films without being one, and arrive by the dozen when a folder or a camera's
card is copied. So they start no run, and no mail is sent about them.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

PART_SUFFIXES = frozenset({
    ".part", ".partial", ".filepart", ".incomplete", ".inprogress", ".unfinished", ".uploading",
    ".upload", ".tmp", ".temp",
    ".crdownload", ".crswap", ".download", ".opdownload", ".dtapart",  # browsers
    ".!ut", ".!qb", ".!bt", ".bc!", ".!sync", ".aria2", ".ytdl",  # download programs
})  # fmt: skip
PART_FOLDERS = frozenset({".~tmp~", ".rsync-partial", ".rsync-tmp", ".incoming"}) | PART_SUFFIXES
PART_NAMES = re.compile(
    r"""
      \.[^.].*\.[a-z0-9]{6}           # rsync: .clip.mp4.Xy12Ab
    | \.in\..+\.                      # FTP servers and lftp: .in.clip.mp4.
    | .+\.part-frag\d+                # yt-dlp: clip.mp4.part-Frag3
    | .+\.sb-[0-9a-f]{8}-[a-z0-9]{6}  # macOS: clip.mp4.sb-1a2b3c4d-Xy12Ab
    | \.(goutputstream-|fuse_hidden|nfs0{4}|smbdelete).*
    """,
    re.VERBOSE,
)

SYSTEM_NAMES = frozenset({
    ".ds_store", ".localized", ".apdisk", ".volumeicon.icns", "icon\r",  # macOS
    "thumbs.db", "ehthumbs.db", "desktop.ini", "autorun.inf",  # Windows
    ".directory", ".hidden", ".nomedia", ".picasa.ini", "picasa.ini",
    ".dropbox", ".dropbox.attr", ".gitkeep", ".gitignore",
})  # fmt: skip
SYSTEM_PREFIXES = ("._", "~$", ".~")
SYSTEM_SUFFIXES = ("~", "_$folder$", "@synoeastream", "@synoresource", ":zone.identifier", ".swp")
SYSTEM_FOLDERS = frozenset({
    "__macosx", ".trash", ".trashes", ".spotlight-v100", ".fseventsd", ".documentrevisions-v100",
    ".temporaryitems", ".appledouble", "network trash folder", "temporary items",  # macOS
    "$recycle.bin", "recycler", "system volume information",  # Windows
    "lost+found", ".git", ".svn", ".hg", ".stfolder", ".stversions", ".sync", ".cache",
    ".thumbnails", ".dropbox.cache", ".recycle", ".snapshot", ".snapshots", ".zfs",
    "@eadir", "#recycle", "#snapshot", "@tmp", "@recycle", "@recently-snapshot", ".@__thumb",  # NAS
})  # fmt: skip

SIDE_SUFFIXES = frozenset({
    ".srt", ".ass", ".ssa", ".vtt", ".sub", ".idx", ".sup", ".smi", ".sbv", ".ttml", ".dfxp",
    ".scc", ".lrc", ".usf",  # subtitles
    ".aae", ".lrv", ".lrf", ".thm", ".glv", ".xmp", ".xml", ".ctg", ".bim", ".mhl",  # cameras
    ".cpi", ".clpi", ".mpl", ".mpls", ".bdm", ".bdmv", ".tdt", ".tid", ".ifo", ".bup",  # discs
    ".nfo", ".log", ".ini", ".url", ".lnk", ".webloc", ".torrent", ".m3u", ".m3u8", ".cue", ".bif",
    ".md5", ".sha1", ".sha224", ".sha256", ".sha384", ".sha512", ".sfv", ".crc", ".xxh", ".xxhash",
    ".par2", ".sig", ".asc",  # checks of a copy
    ".edl", ".ale", ".otio", ".fcpxml", ".prproj", ".pek", ".cfa",  # editing programs
})  # fmt: skip


def why_ignored(key: str) -> str | None:
    """What a file is by its name alone, as it follows "it is"; None when its name says nothing.

    Args:
        key: of the upload, folders included.
    """
    *folders, name = key.lower().split("/")
    if not name:
        return "a folder"
    if not SYSTEM_FOLDERS.isdisjoint(folders) or any(
        folder.startswith(".trash-") for folder in folders
    ):
        return "a file that a system keeps for itself"
    if name in SYSTEM_NAMES or name.startswith(SYSTEM_PREFIXES) or name.endswith(SYSTEM_SUFFIXES):
        return "a file that a system keeps for itself"
    if _is_unfinished(folders, name):
        return "the unfinished copy of a file"
    if PurePosixPath(name).suffix in SIDE_SUFFIXES:
        return "a file that comes beside a film"
    return None


def _is_unfinished(folders: list[str], name: str) -> bool:
    if any(folder in PART_FOLDERS or folder.endswith(".download") for folder in folders):
        return True
    named = name in PART_SUFFIXES or PurePosixPath(name).suffix in PART_SUFFIXES
    return named or PART_NAMES.fullmatch(name) is not None
