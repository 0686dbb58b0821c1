#pragma once

#include "common/base/result.h"
#include "queryd/evctl/chart/plot_printer.h"
#include "queryd/evctl/session_context.h"

#include <memory>
#include <string>

namespace evd::evctl {

// Whether the answer to this question is drawn if it can be: METRIC is on a terminal, whatever
// is asked with --plot, --heat or --svg, nothing with --no-plot or for a format that was named.
bool wantsPlot(const SessionContext& context, const std::string& question);

// How charts are drawn on this terminal.
TerminalChartStyle chartStyleFor(const SessionContext& context);

// The printer of such an answer. What cannot be drawn is printed as always.
std::unique_ptr<PlotPrinter> plotPrinterFor(const SessionContext& context);

// Writes the chart of what was collected to --svg's file, if there is one, which it replaces.
// Invalid when there was nothing to draw; else as writing fails.
base::Result<void> writeSvg(const SessionContext& context, const PlotCollector& collector);

}  // namespace evd::evctl
