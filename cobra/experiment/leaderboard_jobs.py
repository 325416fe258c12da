"""The settings of the jobs behind the leaderboard: the configuration's names resolved."""

from cobra.attacks.settings import AttackSettings
from cobra.experiment import jobs
from cobra.experiment.checks.leaderboard import asks_a_gradient_alone, suite_names
from cobra.experiment.config import Config
from cobra.sharing.leaderboard.settings import RecordSettings, SuiteTerms, SweepTerms, TermsSettings


def suite_terms(config: Config, dataset: str) -> SuiteTerms:
    """What every detector of `dataset` is put to; the data set's eps filled in."""
    if config.gates is None:
        raise ValueError("the configuration has no gates")
    doubled, sweep = config.gates.doubled, config.gates.sweep
    return SuiteTerms(
        subset=config.datasets[dataset].test_subset,
        attacks={name: _attack(config, dataset, name) for name in suite_names(config)},
        doubled=_attack(config, dataset, doubled) if doubled and _for_all(config, doubled) else None,
        sweep=_sweep(config, dataset, sweep) if sweep else None,
    )


def _for_all(config: Config, attack: str) -> bool:
    return asks_a_gradient_alone(config.attacks[attack])


def _attack(config: Config, dataset: str, name: str) -> AttackSettings:
    chosen = config.attacks[name]
    return chosen if chosen.eps is not None else chosen.model_copy(update={"eps": config.eps(dataset)})


def _sweep(config: Config, dataset: str, name: str) -> SweepTerms | None:
    chosen = config.sweeps[name]
    if not _for_all(config, chosen.attack):
        return None
    attack = _attack(config, dataset, chosen.attack)
    return SweepTerms(attack=attack, eps=jobs.sweep_budgets(chosen, attack))


def terms_settings(config: Config) -> TermsSettings:
    """The settings of the job that publishes the terms: of each data set with judged figures."""
    classes = jobs.gate_table_settings(config).classes
    return TermsSettings(
        classes=classes,
        suites={dataset: suite_terms(config, dataset) for dataset in classes},
        bootstrap=config.bootstrap,
    )


def record_settings(config: Config, dataset: str, method: str, seed: int, score: str) -> RecordSettings:
    """The settings of a job that makes a record."""
    if config.leaderboard is None:
        raise ValueError("the configuration has no leaderboard")
    return RecordSettings(
        label=config.method(method).label,
        about=config.leaderboard.about,
        suite=suite_names(config),
        gates=jobs.gate_settings(config, dataset, method, seed, score),
        bootstrap=config.bootstrap,
    )
