"""Finds films whose edit list hides every picture; MP4 and MOV have such lists."""

from __future__ import annotations

from typing import IO

from onmodel.video.container.limits import Limits
from onmodel.video.container.mp4_boxes import ISO_BMFF
from onmodel.video.container.opening import ErrorRecordingFile, open_container, opened
from onmodel.video.container.packet_scan import packets_of
from onmodel.video.container.packet_table import PacketTable


def hides_every_picture(file: IO[bytes], table: PacketTable, limits: Limits) -> bool:
    """Whether a film has pictures, and its edit list shows none of them.

    Args:
        file: the film.
        table: its packet table.
        limits: the largest values allowed.
    """
    if ISO_BMFF not in table.container or table.parts or not table.discard.all():
        return False
    recorder = ErrorRecordingFile(file)
    with open_container(recorder, limits, table.stream_index) as (container, stream):
        if len(table):
            packets = packets_of(container, stream, recorder)
            return all(packet.is_discard for packet in packets)
        if stream.index_entries:
            return False
    # FFmpeg may leave out what the edit list hides
    with opened(ErrorRecordingFile(file), limits, edit_list=False) as container:
        return len(container.streams[table.stream_index].index_entries) > 0
