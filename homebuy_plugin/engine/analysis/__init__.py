"""What can be said of a set of rules without any case: gaps, contradictions, rules without a turn.

Exact, by cutting what rules ask about into cells within which no rule can tell two cases apart.
Where a bound or a test of letters makes it inexact, the report says so.
"""

from homebuy_plugin.engine.analysis.findings import Finding, Report, Ruling
from homebuy_plugin.engine.analysis.ranked import analyse_ranked
from homebuy_plugin.engine.analysis.single import analyse_each

__all__ = ["Finding", "Report", "Ruling", "analyse_each", "analyse_ranked"]
