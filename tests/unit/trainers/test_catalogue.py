import pytest

from onmodel.contracts.base import FIRST_TRAINER, Box
from onmodel.contracts.sampling_settings import SHORTEST_CROP_SIDE, CropSettings
from onmodel.contracts.settings import Settings
from onmodel.ports.trainer import TrainerRules
from onmodel.trainers.catalogue import TRAINERS, common_limits
from onmodel.vision.cropping import crop_size
from onmodel.vision.geometry import crop_window

EVERY = pytest.mark.parametrize(
    "rules", [entry.rules for entry in TRAINERS.values()], ids=list(TRAINERS)
)


def test_catalogue_when_read_then_each_trainer_under_its_name_and_a_default() -> None:
    assert all(entry.rules.name == name for name, entry in TRAINERS.items())
    assert FIRST_TRAINER in TRAINERS


def most(field: str) -> float:
    return next(
        limit.le for limit in CropSettings.model_fields[field].metadata if hasattr(limit, "le")
    )


@EVERY
@pytest.mark.parametrize("side", [SHORTEST_CROP_SIDE, 1024, int(most("side"))])
@pytest.mark.parametrize("figure", [(30, 900), (900, 30), (300, 300)])
def test_crops_when_cut_by_any_settings_then_every_trainer_takes_them(
    rules: TrainerRules, side: int, figure: tuple[int, int]
) -> None:
    crop = CropSettings(side=side, max_aspect=most("max_aspect"))
    frame = Box(left=0, top=0, width=1920, height=1080)
    window = crop_window(Box(left=90, top=90, width=figure[0], height=figure[1]), frame, crop)
    short, long = sorted(crop_size(window, crop))
    limits = rules.limits.dataset
    assert limits.min_side <= short and long <= limits.max_side
    assert long <= short * limits.max_aspect and short * long <= limits.max_pixels
    assert crop.format in limits.formats


@EVERY
def test_datasets_when_made_by_default_then_no_smaller_than_every_trainer_takes(
    rules: TrainerRules,
) -> None:
    training = Settings().training
    assert training.min_pictures >= rules.limits.dataset.min_records
    assert rules.hyperparameter_faults(rules.hyperparameters(training)) == ()


def test_common_limits_when_made_then_within_every_trainers_limits() -> None:
    common = common_limits()
    for entry in TRAINERS.values():
        own = entry.rules.limits.dataset
        assert own.min_records <= common.min_records < common.max_records <= own.max_records
        assert own.min_side <= common.min_side < common.max_side <= own.max_side
        assert common.max_caption_characters <= own.max_caption_characters
        assert common.max_aspect <= own.max_aspect and common.max_pixels <= own.max_pixels
        assert set(common.formats) <= set(own.formats)
    assert common.formats
