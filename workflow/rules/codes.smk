"""The code behind jobs that import a module by a name in their settings: editing it concerns them alone."""


def detector_code(wildcards):
    """A loss or transformation of its own module counts only for the methods that name it."""
    trained = trained_settings(wildcards.dataset, wildcards.method)
    return named_code("train_detector.py", *trained.modules)


def geometry_code(wildcards):
    """So it does where it is measured."""
    trained = trained_settings(wildcards.dataset, wildcards.method)
    measured = LOSSES.modules(CONFIG.geometry.losses)
    return named_code("measure_geometry.py", *trained.modules, *measured)


def attack_code(wildcards):
    """A strategy's code counts only for the attacks that follow it."""
    return attacked_by("attack_detector.py", wildcards.attack)


def history_code(wildcards):
    return attacked_by("follow_training.py", wildcards.attack)


def sweep_code(wildcards):
    return attacked_by("sweep_detector.py", CONFIG.sweeps[wildcards.sweep].attack)


def gate_code(wildcards):
    """A gate takes a few steps of each attack behind the figure that it judges."""
    return attacked_by("check_gates.py", *gated(*judged(wildcards)).parts)


def attacked_by(script, *attacks):
    """The code of a script that makes these attacks, by their names."""
    modules = [module for name in attacks for module in CONFIG.attacks[name].modules]
    return named_code(script, *modules)


def sheet_code(wildcards):
    settings = jobs.contact_sheet_settings(CONFIG, wildcards.dataset)
    return named_code("plot_contact_sheet.py", *settings.crafting.modules)


def figure_code(wildcards):
    """A kind of figure counts only for the figures of that kind."""
    kind = CONFIG.figures[wildcards.figure].kind
    return named_code("plot_results.py", FIGURES.module(kind))


def picture_code(wildcards):
    """So does one that shows images, with what these are crafted and attacked by."""
    settings = settings_of_picture(CONFIG, wildcards.figure)
    return named_code("plot_pictures.py", *settings.modules)


@cache
def named_code(script, *modules):
    """As `code`, kept: thousands of jobs ask for the same."""
    return code(script, *modules)
