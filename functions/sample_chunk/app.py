"""PrepareFilm, one child of the map: frames to crops of one chunk."""

from onmodel.contracts.films import SampleChunkRequest
from onmodel.environment import Buckets, CacheTable
from onmodel.handler import lambda_handler
from onmodel.money.usage import UsageMeter
from onmodel.steps.sample_chunk import sample_chunk
from onmodel.wiring import services

wired = services(Buckets, CacheTable)


@lambda_handler(SampleChunkRequest)
def handler(request: SampleChunkRequest) -> None:
    meter = UsageMeter()
    sample_chunk(
        request,
        uploads=wired.uploads,
        studio=wired.studio,
        finder=wired.finder(meter),
        embedder=lambda settings: wired.embedder(settings, meter),
        meter=meter,
    )
