"""A small configuration that is valid, to be changed."""

BASE = {
    "datasets": {"digits": {"classes": ["0", "3"]}, "fmnist": {}},
    "methods": {"cobra": {"label": "COBRA", "reported": "COBRA"}},
    "attacks": {"pgd": {"steps": 10}},
    "tables": {
        "t": {"title": "T", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
    },
}


def method(**detector):
    """Changes of a method's detector."""
    return {"methods": {"cobra": {"detector": detector}}}
