"""The settings of each job that judges detectors: the configuration's names resolved."""

from collections.abc import Mapping

from cobra.attacks.settings import (
    AttackSettings,
    CombinationSettings,
    EvaluationSettings,
    SourceDetector,
    SweepConfig,
    SweepSettings,
)
from cobra.detectors.settings import OWN, ScoreSettings
from cobra.experiment.config import Config, scores_shown
from cobra.gates.settings import GateSettings, Undefended
from cobra.reporting.figures.settings import ContactSheetSettings, FigureLayout, FigureSettings
from cobra.reporting.tables.settings import (
    GateTableSettings,
    HeadlineSettings,
    MethodShown,
    TableLayout,
    TableSettings,
)


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
        subset=config.datasets[dataset].test_subset,
        score=config.scores.get(score, ScoreSettings()),
        attack=chosen,
        source=None if chosen is None else source_of(config, method, seed, chosen),
    )


def attack_on(config: Config, dataset: str, attack: str) -> AttackSettings:
    """The settings of an attack on a data set, whose eps it has unless it has its own."""
    chosen = config.attacks[attack]
    return chosen if chosen.eps is not None else chosen.model_copy(update={"eps": config.eps(dataset)})


def combination_settings(config: Config, method: str, score: str, attack: str) -> CombinationSettings:
    """The settings of a combination job: the parts that apply."""
    return CombinationSettings(parts=parts_for(config, method, score, attack))


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


def shown(config: Config, scores: Mapping[str, list[str]], attacks: list[str]) -> dict[str, MethodShown]:
    """Methods, by name, under these scores as tables and figures of these attacks show them."""
    return {
        name: MethodShown(
            label=config.method(name).label,
            reported=config.method(name).reported if own[0] == config.scores_of(name)[0] else [],
            scores=own,
            inapplicable={
                score: [attack for attack in attacks if not applies(config, name, score, attack)]
                for score in own
            },
        )
        for name, own in scores.items()
    }


def methods_shown(config: Config, layout: TableLayout | FigureLayout) -> dict[str, list[str]]:
    """The methods that a table or a figure of files of results shows, each with its scores."""
    return {name: scores_shown(config, layout, name) for name in layout.methods}


def classes_shown(config: Config, layout: TableLayout | FigureLayout) -> dict[str, list[str]]:
    """The classes of each data set that a table or a figure shows."""
    return {name: layout.classes.get(name) or config.classes(name) for name in layout.datasets}


def table_settings(config: Config, name: str) -> TableSettings:
    """The settings of a table job: its layout and all that its cells are called and made of."""
    layout = config.tables[name]
    classes = classes_shown(config, layout)
    return TableSettings(
        layout=layout,
        classes=classes,
        partial=[name for name in classes if set(classes[name]) != set(config.usual_classes(name))],
        paper_eps={dataset: config.entry(dataset).paper_eps for dataset in layout.datasets},
        methods=shown(config, methods_shown(config, layout), layout.all_attacks),
        seeds=layout.seeds or config.seeds,
        bootstrap=config.bootstrap,
        gated=config.gates.claim if config.gates else None,
    )


def gate_table_settings(config: Config) -> GateTableSettings:
    """The settings of the table of gates: every detector that a table shows under the attack they judge."""
    if config.gates is None:
        raise ValueError("the configuration has no gates")
    claim = config.gates.claim
    layouts = [layout for layout in config.tables.values() if claim in layout.all_attacks]
    classes: dict[str, list[str]] = {}
    for layout in layouts:
        for dataset, names in classes_shown(config, layout).items():
            classes[dataset] = list(dict.fromkeys([*classes.get(dataset, []), *names]))
    scores: dict[str, list[str]] = {}
    for layout in layouts:
        for method, own in methods_shown(config, layout).items():
            scores[method] = list(dict.fromkeys([*scores.get(method, []), *own]))
    return GateTableSettings(
        claim=claim,
        classes=classes,
        methods=shown(config, scores, [claim]),
        order=list(scores),
        seeds=config.seeds,
    )


def figure_settings(config: Config, name: str) -> FigureSettings:
    """The settings of a figure job; a figure made of tables calls the methods as they do."""
    layout = config.figures[name]
    methods = methods_shown(config, layout)
    for table in layout.tables:
        methods |= methods_shown(config, config.tables[table])
    return FigureSettings(
        layout=layout,
        classes=classes_shown(config, layout),
        methods=shown(config, methods, [layout.shown] if layout.shown else []),
        seeds=config.seeds,
    )


def contact_sheet_settings(config: Config, dataset: str) -> ContactSheetSettings:
    """The settings of a contact sheet: the first classes, crafted as for the first method."""
    crafting = config.detector_settings(dataset, next(iter(config.methods))).crafting
    return ContactSheetSettings(classes=config.classes(dataset)[:3], crafting=crafting)


def headline_settings(config: Config) -> HeadlineSettings | None:
    """The settings of the headline; None if the configuration has none."""
    if config.headline is None:
        return None
    table = table_settings(config, config.headline.table)
    dataset = config.headline.dataset or table.layout.datasets[0]
    parts = config.parts(table.layout.all_attacks[0])
    return HeadlineSettings(
        table=table,
        dataset=dataset,
        methods=config.headline.methods,
        attacks=[attack_on(config, dataset, part) for part in parts],
    )
