"""The settings of each job that judges detectors: the configuration's names resolved."""

from cobra.attacks.settings import (
    AttackSettings,
    EvaluationSettings,
    SourceDetector,
    SweepConfig,
    SweepSettings,
)
from cobra.detectors.settings import OWN, ScoreSettings
from cobra.experiment.config import Config
from cobra.gates.settings import GateSettings, Undefended
from cobra.sharing.leaderboard.settings import RecordSettings, SuiteTerms, SweepTerms


def applies(config: Config, method: str, score: str, attack: str) -> bool:
    """Whether an attack, combination or sweep applies to a method's score: a smoothed maximum needs one, a
    transfer attack another detector for each seed.
    """
    if attack in config.combinations:
        return bool(parts_for(config, method, score, attack))
    if attack in config.sweeps:
        return applies(config, method, score, config.sweeps[attack].attack)
    settings = config.attacks[attack]
    if settings.objective != "score":
        return score != OWN and config.scores[score].kind != "classifier"
    return settings.source is None or all(source_of(config, method, seed, settings) for seed in config.seeds)


def parts_for(config: Config, method: str, score: str, attack: str) -> list[str]:
    """The attacks behind an attack or a combination that apply to a method's score."""
    return [part for part in config.parts(attack) if applies(config, method, score, part)]


def source_of(config: Config, method: str, seed: int, attack: AttackSettings) -> SourceDetector | None:
    """The detector that a transfer attack on a method takes its gradient of; None if there is no other."""
    if attack.source is None:
        return None
    others = [name for name in attack.source.methods if name != method] or [method]
    own = attack.source.seed
    following = config.seeds[(config.seeds.index(seed) + 1) % len(config.seeds)]
    found = (others[0], seed if own is None else following if own == "next" else own)
    if found == (method, seed):
        return None
    score = config.scores.get(config.scores_of(found[0])[0], ScoreSettings())
    return SourceDetector(method=found[0], seed=found[1], score=score)


def evaluation_settings(
    config: Config, dataset: str, method: str, seed: int, score: str, attack: str | None
) -> EvaluationSettings:
    """The settings of an evaluation job, clean if `attack` is None; the data set's eps filled in."""
    chosen = None if attack is None else attack_on(config, dataset, attack)
    return EvaluationSettings(
        subset=config.test_subsets.get(attack or "", config.datasets[dataset].test_subset),
        score=config.scores.get(score, ScoreSettings()),
        attack=chosen,
        source=None if chosen is None else source_of(config, method, seed, chosen),
    )


def attack_on(config: Config, dataset: str, attack: str) -> AttackSettings:
    """The settings of an attack on a data set, whose eps it has unless it has its own."""
    chosen = config.attacks[attack]
    return chosen if chosen.eps is not None else chosen.model_copy(update={"eps": config.eps(dataset)})


def sweep_settings(
    config: Config, dataset: str, method: str, seed: int, score: str, sweep: str
) -> SweepSettings:
    """The settings of a sweep job."""
    chosen = config.sweeps[sweep]
    evaluation = evaluation_settings(config, dataset, method, seed, score, chosen.attack)
    return SweepSettings(evaluation=evaluation, eps=sweep_budgets(chosen, evaluation.attack))


def sweep_budgets(sweep: SweepConfig, attack: AttackSettings | None) -> list[float]:
    """The budgets of a sweep of `attack`, rising."""
    own = (attack.eps or 0.0) if attack else 0.0
    return sorted({round(factor * own, 9) for factor in sweep.factors} | set(sweep.eps))


def gate_settings(config: Config, dataset: str, method: str, seed: int, score: str) -> GateSettings:
    """The settings of a gates job: of what it may judge by, what applies here."""
    gates = config.gates
    if gates is None:
        raise ValueError("the configuration has no gates")

    def if_it_applies(name: str | None) -> str | None:
        return name if name is not None and applies(config, method, score, name) else None

    undefended = None
    if gates.undefended is not None:
        its = config.scores_of(gates.undefended)
        undefended = Undefended(method=gates.undefended, score=score if score in its else its[0])
    return GateSettings(
        claim=gates.claim,
        parts=parts_for(config, method, score, gates.claim),
        doubled=if_it_applies(gates.doubled),
        sweep=if_it_applies(gates.sweep),
        undefended=undefended,
        evaluation=evaluation_settings(config, dataset, method, seed, score, None),
    )


def suite_terms(config: Config, dataset: str) -> SuiteTerms:
    """What every detector of `dataset` on the leaderboard is put to; the data set's eps filled in."""
    if config.gates is None:
        raise ValueError("the configuration has no gates")
    attacks = {name: attack_on(config, dataset, name) for name in config.attacks}
    doubled = attacks[config.gates.doubled] if config.gates.doubled else None
    swept = None
    if config.gates.sweep is not None:
        sweep = config.sweeps[config.gates.sweep]
        attack = attacks[sweep.attack]
        swept = SweepTerms(attack=attack, eps=sweep_budgets(sweep, attack))
    return SuiteTerms(
        subset=config.datasets[dataset].test_subset,
        attacks={name: attacks[name] for name in suite_names(config)},
        doubled=doubled if doubled and suits_any_score(doubled) else None,
        sweep=swept if swept and suits_any_score(swept.attack) else None,
    )


def suite_names(config: Config) -> list[str]:
    """The parts of the judged attack that any score with a gradient can be put to."""
    parts = config.parts(config.gates.claim) if config.gates else []
    return [name for name in parts if suits_any_score(config.attacks[name])]


def suits_any_score(attack: AttackSettings) -> bool:
    """Whether any score with a gradient can be put to it: no other detector, no neighbours."""
    return attack.source is None and attack.objective == "score"


def record_settings(config: Config, dataset: str, method: str, seed: int, score: str) -> RecordSettings:
    """The settings of a job that makes a record for the leaderboard."""
    if config.leaderboard is None:
        raise ValueError("the configuration has no leaderboard")
    return RecordSettings(
        label=config.method(method).label,
        about=config.leaderboard.about,
        suite=suite_names(config),
        gates=gate_settings(config, dataset, method, seed, score),
        bootstrap=config.bootstrap,
    )
