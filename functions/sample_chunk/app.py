"""PrepareFilm, one child of the map: frames to crops of one chunk."""

from onmodel.contracts.films import SampleChunkRequest
from onmodel.environment import Buckets, CacheTable, LabelPace, RegistryTable
from onmodel.films.places import calls_of_a_chunk
from onmodel.handler import lambda_handler, seconds_left
from onmodel.money.usage import UsageMeter
from onmodel.steps.sample_chunk import sample_chunk
from onmodel.wiring import services

wired = services(Buckets, CacheTable, LabelPace, RegistryTable)


@lambda_handler(SampleChunkRequest)
def handler(request: SampleChunkRequest) -> None:
    meter = UsageMeter(f"{request.run.run_id}/{request.chunk.index}")
    chunks_at_once = wired.environment.read(LabelPace).map_concurrency
    calls = calls_of_a_chunk(wired.registry, wired.labels_per_second, chunks_at_once)
    retry = wired.retry(seconds_left())
    sample_chunk(
        request,
        uploads=wired.uploads,
        studio=wired.studio,
        finder=wired.finder(meter, retry, calls),
        embedder=lambda settings: wired.embedder(settings, meter, retry),
        meter=meter,
    )
