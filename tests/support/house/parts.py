"""What a product must have, and where it must not be known by name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from partner_operator.engine.ports import Replicates, Restarts, Tests
from partner_operator.products.remote import Operations, Session
from partner_operator.trust.model import Product
from partner_operator.trust.product import Activation, Catalog, Rules
from support.kube.objects import crd

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "operator" / "partner_operator"
ROOMS = ("trust", "engine", "kube")
"""Rooms that know no product."""
NAMES = re.compile("|".join(Product), re.IGNORECASE)
YAML = PACKAGE / "kube" / "api" / "spec.py"
"""Here the products' blocks of options are fields, as users write them: `spec.exchange`, `spec.lync`."""
SCRIPTS = {
    None: ("session", "observe", "register", "update", "remove"),
    Activation.RESTART: ("host_state", "restart"),
    Activation.REPLICATION: ("replicate",),
}
ABILITIES = {Activation.RESTART: Restarts, Activation.REPLICATION: Replicates}


def named_in(path: Path) -> Iterator[str]:
    """Identifiers and strings of a module's code that have a product's name in them.

    Sentences that explain the code, docstrings and comments, may name a product as an example.
    """
    tree = ast.parse(path.read_text())
    explained = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if id(node) in explained:
            continue
        for word in _words(node):
            if NAMES.search(word):
                yield f"{path.name}:{getattr(node, 'lineno', 0)}: {word}"


def _words(node: ast.AST) -> Iterator[str]:
    for _, value in ast.iter_fields(node):
        for word in value if isinstance(value, list) else (value,):
            if isinstance(word, str):
                yield word


def faults(catalog: Catalog, operations: Mapping[Product, type[Operations[Any]]]) -> list[str]:
    """What is missing or doubled, each in a sentence that names the product."""
    found = [
        f"{rules.product} has no {part}"
        for rules in catalog.rules.values()
        for part in _missing(rules, catalog, operations)
    ]
    for identifier, count in Counter(p.identifier for p in catalog.partners.values()).items():
        if count > 1:
            names = [p.name for p in catalog.partners.values() if p.identifier == identifier]
            found.append(f"{' and '.join(names)} have one identifier, {identifier}")
    return found


def _missing(
    rules: Rules, catalog: Catalog, operations: Mapping[Product, type[Operations[Any]]]
) -> Iterator[str]:
    folder = PACKAGE / "products" / rules.product.lower()
    tested = ("test",) if rules.tests else ()
    for name in (*SCRIPTS[None], *SCRIPTS.get(rules.activation, ()), *tested):
        if not (folder / "scripts" / f"{name}.ps1").is_file():
            yield f"script {name}.ps1"
    if catalog.partners.get(rules.product) is not rules.profile:
        yield "profile among the partners"
    for partner in rules.trusts:
        if partner not in catalog.partners:
            yield f"partner {partner}"
    made = operations.get(rules.product)
    if made is None:
        yield "operations"
    elif rules.activation in ABILITIES and not _can(made.session, ABILITIES[rules.activation]):
        yield f"ability for its way of becoming active, {rules.activation}"
    elif rules.tests and not _can(made.session, Tests):
        yield "ability to run its connectivity test"
    yield from (f"hint: {name}" for name in ("mending",) if not getattr(rules.profile, name))
    yield from _missing_outside(rules)


def _can(session: type[Session], ability: type) -> bool:
    methods = [name for name in vars(ability) if not name.startswith("_")]
    return all(callable(getattr(session, name, None)) for name in methods)


def _missing_outside(rules: Rules) -> Iterator[str]:
    """In the CRDs, the documentation and the simulator."""
    spec = crd("partnerservers")["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][
        "spec"
    ]
    if rules.product not in spec["properties"]["product"]["enum"]:
        yield "value in the CRD"
    forms = tuple(f"{rules.profile.metadata_path}{end}" for end in ("$')", "/?$')"))
    ours = [
        rule["rule"] for rule in spec["x-kubernetes-validations"] if rules.product in rule["rule"]
    ]
    if not any(rule.rstrip().endswith(forms) for rule in ours):
        yield f"rule in the CRD for the form of its URL, {rules.profile.metadata_path}"
    application = crd("partnerapplications")["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    if rules.options not in application["properties"]["spec"]["properties"]:
        yield f"block of options in the CRD, spec.{rules.options}"
    page = (ROOT / "docs" / "partnerserver.md").read_text()
    if f"- {rules.product}: `https://" not in page:
        yield "form of its URL in docs/partnerserver.md"
    if rules.product not in (ROOT / "docs" / "security.md").read_text():
        yield "rights in docs/security.md"
    world = ROOT / "simulator" / "partner_simulator" / "world"
    if not list(world.glob(f"{rules.product.lower()}_*.py")):
        yield "world in the simulator"
