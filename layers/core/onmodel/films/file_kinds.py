"""Kinds of files that are no films, by the suffixes of their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class FileKind:
    """What a file is, as it follows "it is", and what to do with it (a sentence)."""

    what: str
    advice: str


_PICTURE = FileKind(
    "a picture, not a film",
    "A picture of a character belongs in <production>/characters/<name>/.",
)
_OTHER_PICTURE = FileKind(
    "a picture, not a film",
    "A picture of a character belongs in <production>/characters/<name>/,"
    " as JPEG, PNG, WebP or AVIF.",
)
_SOUND = FileKind("sound without a picture", "Sound is not used: upload the film that has it.")
_DOCUMENT = FileKind("a document, not a film", "Documents are not used.")
_YAML = FileKind(
    "YAML, not a film",
    "Settings belong at <production>/settings.yaml, a storyboard in <production>/storyboards/.",
)
_ARCHIVE = FileKind("an archive, not a film", "Unpack it, and upload the films that it holds.")
_PROJECT = FileKind(
    "a project of an editing or drawing program", "Export the film from it, and upload that."
)
_PROGRAM = FileKind("a program or a system's file, not a film", "It is not used.")

# a GIF is a film; an .ogg may be one
_SUFFIXES = (
    (_PICTURE, ".jpg .jpeg .jpe .jfif .png .webp .avif"),
    (
        _OTHER_PICTURE,
        ".bmp .dib .tif .tiff .heic .heif .hif .jxl .jxr .jp2 .j2k .jpf .jpx .ico .icns .svg .svgz"
        " .eps .tga .dpx .exr .hdr .pcx .ppm .pgm .pbm .dds .dng .cr2 .cr3 .nef .arw .raf .orf"
        " .rw2 .pef .srw .x3f",
    ),
    (
        _SOUND,
        ".mp3 .mp2 .mpa .wav .wave .w64 .rf64 .bwf .flac .aac .m4a .m4b .m4p .m4r .wma .oga .opus"
        " .spx .aif .aiff .aifc .caf .ac3 .eac3 .ec3 .dts .dtshd .thd .mlp .ape .wv .tta .tak .mpc"
        " .amr .awb .au .snd .mka .weba .mid .midi .aup .aup3",
    ),
    (
        _DOCUMENT,
        ".txt .md .rst .rtf .pdf .ps .doc .docx .docm .odt .ott .pages .tex .epub .mobi .azw3 .djvu"
        " .xls .xlsx .xlsm .ods .numbers .csv .tsv .ppt .pptx .pps .ppsx .odp .key .json .jsonl"
        " .toml .htm .html .mht .mhtml .eml .msg .ics .vcf .fdx .fountain .celtx",
    ),
    (_YAML, ".yaml .yml"),
    (
        _ARCHIVE,
        ".zip .zipx .rar .7z .tar .gz .tgz .bz2 .tbz .tbz2 .xz .txz .zst .tzst .lz .lz4 .lzma .cab"
        " .arj .z .iso .cbz .cbr",
    ),
    (
        _PROJECT,
        ".psd .psb .ai .indd .xd .sketch .fig .xcf .kra .procreate .csp .sai .sai2 .afphoto"
        " .afdesign .aep .aepx .blend .blend1 .c4d .ma .mb .fbx .obj .gltf .glb .usd .usdz"
        " .abc .fla .tvpp .xstage .moho .veg .drp .kdenlive .mlt .osp .imovieproj .camproj",
    ),
    (
        _PROGRAM,
        ".exe .msi .bat .cmd .ps1 .sh .app .apk .ipa .deb .rpm .dmg .pkg .jar .dll .so .dylib"
        " .sys .py .pyc .js .css .cpp .java .rb .go .rs .sql .db .sqlite .ttf .otf .woff"
        " .woff2",
    ),
)  # fmt: skip
_KINDS = {suffix: kind for kind, suffixes in _SUFFIXES for suffix in suffixes.split()}


PICTURE_ARCHIVE = ".pictures.zip"
"""The end of the name of an archive that `onmodel import` makes: it is prepared as a film is."""


def is_picture_archive(key: str) -> bool:
    return key.lower().endswith(PICTURE_ARCHIVE)


def is_picture_name(key: str) -> bool:
    """Whether a file is, by its name, a picture of a kind that is read."""
    return _KINDS.get(PurePosixPath(key).suffix.lower()) is _PICTURE and not _is_hidden(key)


def _is_hidden(key: str) -> bool:
    """As macOS puts them beside pictures: `__MACOSX/._a.jpg`."""
    return PurePosixPath(key).name.startswith(".")


def kind_by_name(key: str) -> FileKind | None:
    """What a file is that is no film; None when its name does not say so."""
    if is_picture_archive(key):
        return None
    return _KINDS.get(PurePosixPath(key).suffix.lower())
