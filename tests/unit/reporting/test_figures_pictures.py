"""Figures of images and detectors: what they show is what was computed."""

import io

import numpy as np
import pytest
import torch
from gallery import CRAFTING, SUBJECT, crafted_settings, detector_settings, write_files
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import save
from PIL import Image
from sklearn.manifold import trustworthiness

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import as_unit
from cobra.data.settings import TrainingSubset
from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.image_grid import FRAMES
from cobra.reporting.figures.kinds import attacked, crafted, embeddings
from cobra.reporting.figures.settings import FIGURES, PICTURES
from cobra.training.crafting.likelihood_filter import fit_filter
from cobra.training.crafting.settings import CraftingSettings
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer


@pytest.fixture
def files(tmp_path, identity):
    return write_files(tmp_path, identity)


def settings_of(kind):
    return crafted_settings() if kind == "crafted" else detector_settings(kind)


def shown(axes: Axes):
    """The image in a tile and its caption."""
    return np.asarray(axes.images[0].get_array()), axes.get_xlabel()


@pytest.mark.parametrize("kind", PICTURES)
def test_a_figure_is_the_same_bytes_each_time(files, kind):
    chosen, own = settings_of(kind), FIGURES.load(kind)
    first, again = (own.collect(chosen, files) for _ in range(2))
    assert own.numbers(first).to_csv() == own.numbers(again).to_csv()
    for suffix in (".svg", ".png"):
        content = render(own.draw(first, chosen), suffix)
        assert content == render(own.draw(again, chosen), suffix)
    with Image.open(io.BytesIO(content)) as image:
        assert min(image.size) > 200


@pytest.mark.parametrize("images", [2, 5])
def test_a_gallery_s_filter_keeps_what_the_filter_of_training_keeps(files, images):
    (gallery,) = crafted.collect(crafted_settings(images=images), files)
    normal = files.training("digits", "a", TrainingSubset())
    threshold = fit_filter(normal, CraftingSettings.model_validate(CRAFTING), 0)
    table = crafted.numbers([gallery]).set_index(["candidate", "image_id"])
    assert len(table) == 3 * images
    assert table["kept"].sum() > 0
    for candidate in (1, 2, 3):
        pixels = gallery.versions[candidate]
        own = table.loc[candidate]
        assert own["kept"].tolist() == (threshold.distance(pixels) > threshold.limit).tolist()
        np.testing.assert_array_equal(own["p_value"], threshold.p_value(pixels).numpy())
    # kept means a p-value of the level at most, but for the one image that the quantile interpolates
    assert (table["p_value"] < CRAFTING["filter"]["significance"] + 1 / len(normal))[table["kept"]].all()
    assert (table["p_value"] >= CRAFTING["filter"]["significance"])[~table["kept"]].all()


def test_it_is_the_filter_that_a_training_fits(files, identity, tmp_path):
    normal = files.training("digits", "a", TrainingSubset())
    schedule = {"epochs": 1, "batch_size": 24, "optimizer": "sgd", "warmup_epochs": 0}
    model = {"backbone": "resnet10", "width": 2, "projection_dim": 8}
    settings = DetectorSettings.model_validate(
        {"crafting": CRAFTING, "schedule": schedule, "model": model, "adversary": {"enabled": False}}
    )
    trainer = Trainer(normal, settings, seed=0)
    with Scratch.hold(tmp_path / "scratch", identity) as scratch:
        trainer.run(scratch)
    (gallery,) = crafted.collect(crafted_settings(), files)
    assert trainer.threshold.p_value(gallery.versions[1]).tolist() == gallery.p_values[1]


def test_candidates_kept_and_rejected_have_frames_of_other_lines_and_colours(files):
    chosen = crafted_settings(images=8)
    (gallery,) = crafted.collect(chosen, files)
    axes = crafted.draw([gallery], chosen).axes
    assert len(axes) == 4 * 8
    for place, cell in enumerate(axes[:8]):
        image, caption = shown(cell)
        np.testing.assert_array_equal(image, gallery.versions[0][place].permute(1, 2, 0).numpy())
        assert caption == f"p = {gallery.p_values[0][place]:.3f}"
        assert not cell.spines["left"].get_visible()
    kept = [each for row in gallery.kept[1:] for each in row]
    assert set(kept) == {True, False}
    styles = {True: FRAMES["kept"], False: FRAMES["rejected"]}
    assert styles[True]["edgecolor"] != styles[False]["edgecolor"]
    for cell, was_kept in zip(axes[8:], kept, strict=True):
        assert cell.spines["left"].get_linestyle() == styles[was_kept]["linestyle"]
    words = render(crafted.draw([gallery], chosen), ".svg").decode()
    assert f"digits, a: {sum(kept)} of 24 kept at significance 0.3" in words
    assert len(gallery.fresh_kept) > 0
    assert f"of {len(gallery.fresh_kept)} normal test images {sum(gallery.fresh_kept)} would be" in words
    assert "COBRA" not in words


def test_galleries_of_one_class_are_told_apart_by_their_methods(files):
    chosen = crafted_settings(["COBRA", "CL"], ["Other"])
    words = render(crafted.draw(crafted.collect(chosen, files), chosen), ".svg").decode()
    assert "as crafted for COBRA, CL" in words
    assert "as crafted for Other" in words


def test_a_gallery_shows_generated_anomalies_where_training_draws_them(files, tmp_path):
    for name, grey in (("one", 40), ("two", 200)):
        save(tmp_path / f"generated/a/{name}.png", grey, side=16)
    chosen = crafted_settings(images=8)
    generated = {"folder": str(tmp_path / "generated")}
    crafting = CraftingSettings.model_validate(CRAFTING | {"generated": generated})
    panel = chosen.crafted[0].model_copy(update={"crafting": crafting})
    (gallery,) = crafted.collect(chosen.model_copy(update={"crafted": [panel]}), files)
    for candidate in gallery.versions[1:]:
        assert set((255 * candidate).round().unique().tolist()) <= {40, 200}
    assert torch.equal(gallery.versions[0], crafted.collect(chosen, files)[0].versions[0])


def test_half_of_the_attacked_images_are_anomalies_of_all_kinds(files):
    table = attacked.numbers(attacked.collect(detector_settings("attacked", images=8), files))
    assert table["class_name"].tolist() == ["a"] * 4 + ["b", "c", "b", "c"]
    assert table["image_id"].tolist() == [24, 25, 26, 27, 30, 33, 31, 34]
    assert table["is_anomaly"].tolist() == [False] * 4 + [True] * 4
    risen = table["attacked"] - table["clean"]
    assert (risen[:4] > 0).all()
    assert (risen[4:] < 0).all()


def test_the_images_shown_are_among_those_evaluated(files):
    panel = {
        "evaluation": {"attack": {"steps": 2, "restarts": 1, "eps": 0.1}, "subset": {"anomaly_limit": 1}}
    }
    table = attacked.numbers(attacked.collect(detector_settings("attacked", panel=panel), files))
    assert table["is_anomaly"].tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("attack", [{"eps": 0.1}, {"eps": 1.0, "norm": "l2"}], ids=["linf", "l2"])
def test_a_perturbation_is_shown_around_grey_times_the_factor_stated(files, attack):
    chosen = detector_settings("attacked", {"steps": 3, "restarts": 1, **attack}, images=4)
    (attempted,) = attacked.collect(chosen, files)
    again = attempted.again
    figure = attacked.draw([attempted], chosen)
    change = (again.perturbed - again.images).permute(0, 2, 3, 1).numpy()
    factor = 0.5 / (0.1 if attack["eps"] == 0.1 else abs(change).max())
    tiles = [shown(axes) for axes in figure.axes]
    for place in range(4):
        np.testing.assert_allclose(tiles[8 + place][0], 0.5 + factor * change[place], atol=1e-6)
        assert tiles[4 + place][1] == f"{again.clean[place]:.3f} → {again.attacked[place]:.3f}"
    assert [caption for _, caption in tiles[:4]] == ["normal (a)", "normal (a)", "anomaly (b)", "anomaly (c)"]
    assert f"× {factor:.3g}" in render(figure, ".svg").decode()


@pytest.mark.parametrize("space", ["projection", "backbone"])
def test_points_are_the_images_and_neighbours_stay_neighbours(files, space):
    chosen = detector_settings("embeddings", panel={"space": space}, images=5)
    table = embeddings.numbers(embeddings.collect(chosen, files))
    groups = {name: own["image_id"].tolist() for name, own in table.groupby("group", sort=False)}
    normal, anomalous = list(range(24, 29)), [30, 33, 31, 34, 32]
    assert groups == {
        "memory": list(range(5)),
        "normal": normal, "anomalous": anomalous,
        "normal, attacked": normal, "anomalous, attacked": anomalous,
    }  # fmt: skip
    assert set(table["space"]) == {space}
    assert np.isfinite(table[["x", "y"]]).all(axis=None)


def test_neighbours_in_the_embedding_are_neighbours_in_the_plane():
    points = np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32)
    points[30:] += 9
    flat = embeddings.in_plane(points)
    assert trustworthiness(points, flat) > 0.9
    np.testing.assert_array_equal(flat, embeddings.in_plane(points))


def test_an_embedding_is_the_one_that_the_score_compares(files):
    chosen = detector_settings("embeddings").detectors[0]
    detector = files.detector(chosen, 0, files.prepared("digits"))
    normal = files.training("digits", "a", TrainingSubset())
    for space in ("projection", "backbone"):
        embedded = embeddings.embed(detector, as_unit(normal.pixels[:]), space)
        torch.testing.assert_close(embedded, detector.memory(space), rtol=1e-4, atol=1e-5)


def test_without_an_attack_there_are_no_attacked_points(files):
    chosen = detector_settings("embeddings", None)
    (plane,) = embeddings.collect(chosen, files)
    assert set(plane.points["group"]) == {"memory", "normal", "anomalous"}
    assert "attacked" not in render(embeddings.draw([plane], chosen), ".svg").decode()


@pytest.mark.parametrize("kind", ["attacked", "embeddings"])
@pytest.mark.parametrize("name", ["seed", "data"])
def test_a_detector_of_another_seed_or_other_data_is_refused(tmp_path, identity, files, kind, name):
    chosen = settings_of(kind)
    own = files.detector(chosen.detectors[0], 0, files.prepared("digits"))
    changes = {"seed": {"subject": SUBJECT | {"seed": 1}}, "data": {"inputs": {"data": "other"}}}[name]
    own.identity = own.identity.model_copy(update=changes)
    own.save(tmp_path / "digits-a-cobra-0.pt")
    with pytest.raises(UserError, match=rf"cobra-0\.pt has {name}"):
        FIGURES.load(kind).collect(chosen, files)


def test_data_of_another_name_are_refused(tmp_path, identity):
    files = write_files(tmp_path, identity)
    (tmp_path / "digits").rename(tmp_path / "mnist")
    with pytest.raises(UserError, match="has dataset 'digits' where 'mnist' is needed"):
        files.prepared("mnist")


@pytest.mark.parametrize("images", [2, 8])
def test_the_words_of_a_figure_stay_within_it(files, images):
    many = ["standard training, L_COBRA + L_CLS", "L_COBRA + L_CLS on one transformation"]
    chosen = crafted_settings(many, ["other"], images=images)
    figure = crafted.draw(crafted.collect(chosen, files), chosen)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for text in figure.texts:
        box = text.get_window_extent(canvas.get_renderer())
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width, text.get_text()
