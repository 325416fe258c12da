import math

import pytest
import torch
from scipy.stats import kstest

from cobra.randomness import ImageRandom, derive_seed, generator

IDS = torch.tensor([3, 1, 4, 15, 92])
ORDER = torch.tensor([4, 0, 2, 1, 3])


def draw(ids, seed=0, purpose="x"):
    return ImageRandom.of(seed, ids, purpose).child("y", 1).uniform(2, 3)


def test_numbers_do_not_depend_on_order_or_split_of_the_batch():
    whole = draw(IDS)
    assert torch.equal(draw(IDS[ORDER]), whole[ORDER])
    assert torch.equal(torch.cat([draw(part) for part in IDS.split(2)]), whole)


def test_select_and_cat_keep_each_image_its_stream():
    random = ImageRandom.of(5, IDS, "x")
    assert torch.equal(random.select(ORDER).uniform(3), random.uniform(3)[ORDER])
    joined = ImageRandom.cat([random, random.child("other")]).uniform(3)
    assert torch.equal(joined, torch.cat([random.uniform(3), random.child("other").uniform(3)]))


def test_a_longer_draw_begins_with_the_shorter_one():
    random = ImageRandom.of(0, IDS, "x")
    assert torch.equal(random.uniform(9)[:, :4], random.uniform(4))


@pytest.mark.parametrize(
    "other",
    [
        ImageRandom.of(1, IDS, "x"),
        ImageRandom.of(0, IDS, "z"),
        ImageRandom.of(0, IDS, "x", 0),
        ImageRandom.of(0, IDS + 1, "x"),
        ImageRandom.of(0, IDS + (1 << 40), "x"),
        ImageRandom.of(0, IDS, "x").child("x"),
        ImageRandom.of(0, IDS, "x").child("try", 0),
    ],
    ids=["seed", "purpose", "longer purpose", "image", "repetition", "child", "numbered child"],
)
def test_streams_differ(other):
    ours = ImageRandom.of(0, IDS, "x").uniform(1000)
    theirs = other.uniform(1000)
    assert (ours == theirs).float().mean() < 0.001
    correlation = torch.corrcoef(torch.stack([ours.flatten(), theirs.flatten()]))[0, 1]
    assert abs(correlation) < 5 / math.sqrt(ours.numel())


@pytest.mark.parametrize(
    ("images", "numbers"), [(1, 50_000), (50_000, 1), (200, 250)], ids=["per image", "over images", "both"]
)
def test_numbers_are_uniform(images, numbers):
    # seed 0: fixed, so that this never fails by chance; bounds are five standard errors, KS at p = 0.001
    values = ImageRandom.of(0, torch.arange(images), "uniformity").uniform(numbers).flatten().double()
    count = len(values)
    assert values.min() >= 0
    assert values.max() < 1
    assert abs(values.mean() - 1 / 2) < 5 * math.sqrt(1 / 12 / count)
    assert abs(values.var() - 1 / 12) < 5 * math.sqrt(1 / 180 / count)
    assert kstest(values.numpy(), "uniform").pvalue > 0.001
    neighbours = torch.corrcoef(torch.stack([values[1:], values[:-1]]))[0, 1]
    assert abs(neighbours) < 5 / math.sqrt(count)


def unmix(value):
    """The 64-bit number that SplitMix64's finaliser turns into `value`."""

    def unshift(x, bits):
        result = x
        for _ in range(64 // bits):
            result = x ^ (result >> bits)
        return result

    modulus = 1 << 64
    value = unshift(value, 31) * pow(0x94D049BB133111EB, -1, modulus) % modulus
    value = unshift(value, 27) * pow(0xBF58476D1CE4E5B9, -1, modulus) % modulus
    return unshift(value, 30)


def stream_beginning_with(bits):
    key = (unmix(bits) - 0x9E3779B97F4A7C15) % (1 << 64)
    return ImageRandom(torch.tensor([key - (1 << 64) if key >= 1 << 63 else key]))


def test_the_largest_number_stays_below_the_bound():
    highest = stream_beginning_with((1 << 64) - 1)
    assert highest.uniform().item() == 1 - 2**-24
    assert highest.chance(1.0).all()
    for bound in (1, 2, 3, 5, 6, 23, 1000):
        assert highest.integers(bound).item() == bound - 1


def test_the_smallest_number_is_the_lower_end():
    lowest = stream_beginning_with(0)
    assert lowest.uniform(low=-0.25, high=3).item() == -0.25
    assert not lowest.chance(0.0).any()
    assert lowest.integers(7).item() == 0


def test_integers_take_every_value_equally_often():
    values = ImageRandom.of(0, torch.arange(30_000), "integers").integers(3)
    shares = torch.bincount(values, minlength=3) / len(values)
    assert (shares - 1 / 3).abs().max() < 5 * math.sqrt(2 / 9 / len(values))


@pytest.mark.parametrize(
    ("images", "numbers"), [(1, 50_000), (50_000, 1), (200, 250)], ids=["per image", "over images", "both"]
)
def test_normal_numbers_are_normal(images, numbers):
    values = ImageRandom.of(0, torch.arange(images), "normality").normal(numbers).flatten().double()
    count = len(values)
    assert abs(values.mean()) < 5 * math.sqrt(1 / count)
    assert abs(values.var() - 1) < 5 * math.sqrt(2 / count)
    assert kstest(values.numpy(), "norm").pvalue > 0.001
    neighbours = torch.corrcoef(torch.stack([values[1:], values[:-1]]))[0, 1]
    assert abs(neighbours) < 5 / math.sqrt(count)


def test_normal_numbers_follow_the_image_as_uniform_ones_do():
    whole = ImageRandom.of(0, IDS, "x").normal(2, 3)
    assert whole.shape == (5, 2, 3)
    assert whole.dtype == torch.float32
    assert torch.equal(ImageRandom.of(0, IDS[ORDER], "x").normal(2, 3), whole[ORDER])
    assert torch.equal(ImageRandom.of(0, IDS, "x").normal(9)[:, :6], whole.flatten(1))
    assert len(whole.unique()) == 30
    # drawn from streams of their own, so that uniform numbers beside them tell nothing of them
    beside = ImageRandom.of(0, IDS, "x").uniform(2000).flatten()
    normal = ImageRandom.of(0, IDS, "x").normal(2000).flatten()
    assert abs(torch.corrcoef(torch.stack([beside, normal]))[0, 1]) < 5 / 100


def test_normal_numbers_are_finite_at_both_ends_of_the_uniform_ones(monkeypatch):
    for end in (0.0, 1 - 2**-24):
        monkeypatch.setattr(ImageRandom, "uniform", lambda *_, end=end: torch.full((5, 1), end))
        assert ImageRandom.of(0, IDS, "x").normal(1).isfinite().all()


def test_no_state_is_read_or_left():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = draw(IDS)
    generator(0, "order").get_state()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(draw(IDS), first)


# Published results rest on these streams: a change of the hash must be seen here, not in a table.
def test_golden_values():
    assert derive_seed(0, "initialisation") == 1952974914541233639
    assert derive_seed(7, "epoch", 3) == 4743521694803824384
    random = ImageRandom.of(0, torch.tensor([0, 1, 2**40 + 5]), "golden")
    assert random.keys.tolist() == [193213670919612408, -7489989720039986838, -5318851579740452864]
    assert random.child("view", 1).keys.tolist() == [
        -2434845305920430390,
        4849716276841056698,
        5581024264725351465,
    ]
    assert (random.uniform(2) * 2**24).long().tolist() == [
        [1675966, 2842871],
        [6721945, 16002800],
        [4773353, 4064210],
    ]
    normal = torch.tensor([[1.7139854, -1.6858723], [1.2301215, -1.4123222], [1.2308683, -1.7773852]])
    torch.testing.assert_close(random.normal(2), normal, rtol=0, atol=1e-6)  # a logarithm and a cosine round
