"""Writes one value into a production's settings.yaml; all other lines stay as they are."""

from __future__ import annotations

import yaml

from onmodel.contracts.settings import AllowedModels
from onmodel.errors import SettingsRefused
from onmodel.films.folders import ProductionFolders
from onmodel.films.settings import accept_settings, newest_settings, parse_settings, read_settings
from onmodel.films.upload_layout import settings_key
from onmodel.formats.user_yaml import check_size
from onmodel.ports.storage import ObjectStore


def save_threshold(
    production: ProductionFolders,
    threshold: float,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    models: AllowedModels,
) -> str:
    """Set deduplication.threshold in the newest settings.yaml, and bring it into force.

    Returns:
        The key of the settings in the uploads bucket.

    Raises:
        SettingsRefused: the file that is there cannot be used, or cannot be changed without a
            change of what else it says.
    """
    newest = newest_settings(production, uploads)
    key = settings_key(production.folders[0]) if newest is None else newest.key
    before = b""
    if newest is not None:
        check_size(newest.size, key)
        before = uploads.get(newest.key, newest.version_id)
    wanted = parse_settings(before)
    deduplication = wanted.deduplication.model_copy(update={"threshold": threshold})
    wanted = wanted.model_copy(update={"deduplication": deduplication})
    after = with_threshold(before.decode("utf-8-sig"), threshold).encode()
    if not _says(after, wanted):
        raise SettingsRefused(
            f"{key} cannot be changed without changing what else it says",
            f"Write `deduplication: {{threshold: {threshold}}}` into it, and upload it again",
        )
    read_settings(after, models)
    if after != before:
        uploads.put(key, after, "application/yaml")
    accept_settings(production, uploads=uploads, studio=studio, models=models)
    return key


def with_threshold(text: str, threshold: float) -> str:
    """The YAML text with `deduplication.threshold` in it; comments and order are kept.

    The caller checks what the result says: anchors and several documents are not understood.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return f"{_ended(text)}deduplication:\n  threshold: {threshold}\n"
    section = _value(root, "deduplication")
    if section is None:
        if _is_flow(root):
            return _into_flow(text, root, f"deduplication: {{threshold: {threshold}}}")
        indent = " " * root.start_mark.column
        return f"{_ended(text)}{indent}deduplication: {{threshold: {threshold}}}\n"
    return _into_section(text, section, threshold)


def _into_section(text: str, section: yaml.Node, threshold: float) -> str:
    value = _value(section, "threshold")
    if value is not None or not isinstance(section, yaml.MappingNode):  # no value, or null
        old = section if value is None else value
        new = f"{{threshold: {threshold}}}" if value is None else str(threshold)
        start, end = old.start_mark.index, old.end_mark.index
        space = "" if text[:start].endswith(" ") else " "
        return f"{text[:start]}{space}{new}{text[end:]}"
    if _is_flow(section):
        return _into_flow(text, section, f"threshold: {threshold}")
    start, indent = section.start_mark.index, " " * section.start_mark.column
    return f"{text[:start]}threshold: {threshold}\n{indent}{text[start:]}"


def _says(text: bytes, wanted: object) -> bool:
    try:
        return parse_settings(text) == wanted
    except SettingsRefused:
        return False


def _value(node: yaml.Node, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _is_flow(node: yaml.Node) -> bool:
    return bool(getattr(node, "flow_style", False))


def _into_flow(text: str, node: yaml.Node, entry: str) -> str:
    """As the first entry between the braces: a comma after the last one may be there or not."""
    start = node.start_mark.index + 1
    return f"{text[:start]}{entry}{', ' if node.value else ''}{text[start:]}"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
