#include "queryd/evctl/plotting.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/chart/svg_chart.h"
#include "queryd/evctl/query_words.h"

#include <fcntl.h>
#include <algorithm>

namespace evd::evctl {

namespace {

constexpr size_t kColumnsUsual = 80;  // where there is no terminal
constexpr size_t kRowsUsual = 16;
constexpr size_t kRowsLeast = 6;
constexpr size_t kRowsAround = 12;  // prompt, title, axis and legend stay on the screen

// Whether the chart is only written to --svg's file.
bool isSvgOnly(const Arguments& arguments) {
    return !arguments.svg.empty() && !arguments.plot && !arguments.heat;
}

}  // namespace

bool wantsPlot(const SessionContext& context, const std::string& question) {
    const Arguments& arguments = context.arguments;
    const QueryWords words = findQueryWords(question);
    if (arguments.no_plot || words.stream) {
        return false;
    }
    return asksForDrawing(arguments) ||
           (words.metric && context.output_is_terminal && arguments.format.empty());
}

TerminalChartStyle chartStyleFor(const SessionContext& context) {
    const PrintStyle print_style = styleFor(context);
    TerminalChartStyle style;
    style.columns = print_style.width_max > 0 ? print_style.width_max : kColumnsUsual;
    const size_t rows = context.output_is_terminal ? context.terminal_rows : 0;
    style.rows = rows == 0 ? kRowsUsual
                           : std::clamp(rows - std::min(rows, kRowsAround), kRowsLeast, kRowsUsual);
    style.unicode = print_style.unicode;
    style.color = print_style.color;
    style.utc = context.arguments.utc;
    style.heat = context.arguments.heat;
    return style;
}

std::unique_ptr<PlotPrinter> plotPrinterFor(const SessionContext& context) {
    return std::make_unique<PlotPrinter>(
        chartStyleFor(context), printerFor(context, /*live=*/false), isSvgOnly(context.arguments));
}

base::Result<void> writeSvg(const SessionContext& context, const PlotCollector& collector) {
    const std::string& path = context.arguments.svg;
    if (path.empty()) {
        return {};
    }
    if (!collector.isDrawable()) {
        return base::fail(
            base::ErrorKind::Invalid,
            base::cat("there is nothing to draw in this answer; ", path, " was not written"));
    }
    const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot write ", path), errno);
    }
    OutputStream stream(file.get(), path);
    stream.buffer() = svgChart(collector.scene(), context.arguments.utc);
    return stream.flush();
}

}  // namespace evd::evctl
