"""A configuration whose names the tests of jobs resolve."""

from samples import deep_merge

from cobra.experiment.reading import make_config

TABLE = {"title": "T", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"], "attack": "worst"}
BASE = {
    "seeds": [0, 1],
    "datasets": {"digits": {"classes": ["0", "3"], "eps": 0.1}, "fmnist": {"classes": ["bag"]}},
    "methods": {
        "standard": {"label": "Standard", "scores": ["margin", "similarity"]},
        "cl": {"label": "CL"},
        "cobra": {"label": "COBRA", "reported": "COBRA", "scores": ["similarity", "margin"]},
    },
    "detectors": {"pixels": {"label": "Pixels", "fit": "a.b:fit"}},
    "scores": {"similarity": {}, "margin": {"kind": "classifier"}},
    "attacks": {
        "pgd": {"steps": 10},
        "topk": {"objective": "topk"},
        "fab": {"kind": "fab"},
        "transfer": {"source": {"methods": ["standard", "cl"]}},
        "own_kind": {"source": {"methods": ["cl"]}},
    },
    "combinations": {
        "worst": {"parts": ["pgd", "topk", "own_kind"]},
        "smooth": {"parts": ["topk"]},
    },
    "sweeps": {"eps": {"attack": "pgd"}},
    "tables": {"t": TABLE},
}


def config(changes=None):
    return make_config(deep_merge(BASE, changes or {}), "config.yaml")
