"""The training of an autoencoder, which is a baseline and what Deep SVDD starts from."""

from cobra.baselines.parts.adam import LearningSettings
from cobra.baselines.parts.baseline import Training
from cobra.baselines.parts.learning import learn, seeded
from cobra.baselines.parts.lenet import Autoencoder, LeNetSettings


def trained_autoencoder(
    network: LeNetSettings, schedule: LearningSettings, training: Training
) -> Autoencoder:
    """An autoencoder of the mean squared error on the normal images."""
    made = seeded(lambda: Autoencoder(network, training.side), training, "autoencoder")
    learn(made, lambda images, _: made.errors(images).mean(), schedule, training, "autoencoder")
    return made
