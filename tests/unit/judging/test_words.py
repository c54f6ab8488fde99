from onmodel.contracts.judging import Interval, JudgedNumber
from onmodel.judging.words import arm_words, interval_words

SOME = Interval(mean=0.625, low=0.5, high=0.75, scenes=6)


def test_arm_words_when_measured_then_each_number_of_that_arm_with_its_interval() -> None:
    numbers = (
        JudgedNumber(number="identity", arm="references", interval=SOME),
        JudgedNumber(number="identity", arm="base", interval=SOME),
        JudgedNumber(number="diversity", arm="references", why_not="no base"),
        JudgedNumber(number="cast", arm="references", interval=SOME),
    )
    assert arm_words(numbers, "references") == (
        "identity 0.62 (0.50 to 0.75), cast 62 % (50 % to 75 %)"
    )
    assert arm_words(numbers, "tuned") == ""


def test_interval_words_when_one_scene_then_said() -> None:
    one = Interval(mean=0.5, low=None, high=None, scenes=1)
    assert interval_words("cast", one) == "one scene, no interval"
