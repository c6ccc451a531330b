"""What a worker may do."""

from orchestrator.tools.outfit import Wanted, outfit
from orchestrator.tools.toolbox import Toolbox
from orchestrator.tools.workspace import Workspace
from orchestrator.tools.write_rules import WriteRules

__all__ = ["Toolbox", "Wanted", "Workspace", "WriteRules", "outfit"]
