"""Every command of `partner-operator` with every option, as its help has it: docs/cli.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

import click

from page_lines import bullet, wrapped
from partner_operator.cli.main import COMMANDS, NAMES, partner_operator

COMMON: Final = frozenset({"namespace", "all_namespaces", "context", "kubeconfig"})
"""Options that are told once."""
HEAD: Final = """# Command line
For whoever works with trusts at a terminal: what each command does, whom it asks, and what it needs.

`partner-operator` is also installed as `kubectl-partner`, so that `kubectl partner plan` is the same command where
`PATH` holds its folder. Except `run` and `doctor`, no command contacts an Exchange, Lync or SharePoint server: the
commands read what the operator told in the objects' statuses, and write what you ask the operator to do.

## Which cluster
- As kubectl does: `--kubeconfig`, else `$KUBECONFIG`, else `~/.kube/config`, else the ServiceAccount of the pod.
  `--context` names a context of it. `run` is the exception: it never takes a kubeconfig that nobody named.
- The namespace is that of `-n` (`--namespace`), else the context's own, else `default`. `-A` (`--all-namespaces`)
  means all namespaces.
- A name can belong to a PartnerServer and to a PartnerApplication. Write `pserver/NAME` or `papp/NAME` then. Every
  command takes that form, also as `kubectl get -o name` writes it.
- Where nothing is declared in a namespace, a remark on the error output says so: it may be the wrong one.

## What comes out
- The answer goes to the standard output; questions, remarks and progress go to the error output.
- Colours and progress are for terminals. A pipe and a file get plain text.
- `-o json` and `-o yaml` give data for programs. Fields are added to it, and none changes its meaning.
- A command that cannot do its work says why in one sentence, and ends with exit code 1. A wrong option is exit code 2.
- A reason or a field that this program does not know is shown as it is, and stands for nothing: the operator is newer.
  Where that could mislead, the command refuses and says so.

| exit code | `plan` | `doctor` | `explain-token` | other commands |
|---|---|---|---|---|
| 0 | nothing would change | no cross | no broken rule | done |
| 1 | not known, or something stands in the way | a cross, or no answer | a broken rule, or no answer | not done |
| 2 | something would change | - | - | - |

## Rights
| command | what your kubeconfig needs | ClusterRole that gives it |
|---|---|---|
| `plan`, `export` and others that read | get and list both kinds | `partner-operator-view` |
| `suspend`, `resume`, `reconcile papp/NAME` | also patch PartnerApplications | `partner-operator-edit` |
| `release` | also delete PartnerApplications | `partner-operator-edit` |
| `reconcile pserver/NAME`, `approve-restart` | also patch PartnerServers | `partner-operator-admin` |
| `doctor` | also get the Secrets with the logons, the ConfigMaps of `caBundle`, and read CRDs | the operator's own |

The ClusterRoles are in `manifests/rbac/people` and in the chart, and Kubernetes' own `view`, `edit` and `admin` take
them up. No command writes a status. What a command writes is in `managedFields` under `partner-operator-cli`.

Where Flux or Argo CD applies an object, it puts back what a command changed, if Git says otherwise. `suspend`, `resume`
and `release` recognise both, and say so.

## Completion
For bash, in `~/.bashrc`:
```sh
eval "$(_PARTNER_OPERATOR_COMPLETE=bash_source partner-operator)"
```
For zsh, in `~/.zshrc`:
```sh
eval "$(_PARTNER_OPERATOR_COMPLETE=zsh_source partner-operator)"
```
For fish, in `~/.config/fish/completions/partner-operator.fish`:
```sh
_PARTNER_OPERATOR_COMPLETE=fish_source partner-operator | source
```
`kubectl partner` is completed by kubectl's own completion: it asks the program `kubectl_complete-partner`, which is
installed beside the others.

## Commands
"""


def cli_page() -> str:
    """The page docs/cli.md."""
    parent = partner_operator.make_context(NAMES[0], [], resilient_parsing=True)
    parts = [HEAD]
    for name in COMMANDS:
        command = partner_operator.get_command(parent, name)
        assert command is not None
        parts += _command(
            command, command.make_context(name, [], parent=parent, resilient_parsing=True)
        )
    return "".join(parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"\n### {command.name}\n"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {pieces}\n```\n"
    for number, paragraph in enumerate(inspect.cleandoc(command.help or "").split("\n\n")):
        yield "\n" * bool(number) + wrapped(" ".join(paragraph.split()))
    yield "\n"
    common = []
    for option in command.params:
        if not isinstance(option, click.Option):
            continue
        if command.name != "run" and option.name in COMMON:
            common.append(f"`{max(option.opts, key=len)}`")
            continue
        names, told = option.get_help_record(context) or ("", "")
        yield bullet(f"`{names}`: {' '.join(told.split())}")
    if common:
        yield bullet(f"{', '.join(common)}: [which cluster](#which-cluster).")
