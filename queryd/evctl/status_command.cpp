#include "queryd/evctl/status_command.h"

#include "common/base/text.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/pause.h"
#include "queryd/evctl/status_report.h"
#include "queryd/evctl/terminal.h"

#include <unistd.h>

namespace evd::evctl {

namespace {

constexpr int kWatchIntervalMs = 1'000;
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearBehind = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

// Over the last picture, line by line, which does not flicker; what the screen cannot hold is cut.
std::string inPlace(const std::string& text, size_t rows, size_t columns) {
    std::string out(kHome);
    size_t row = 0;
    for (const std::string_view line : base::split(text, '\n')) {
        if (rows > 0 && row + 1 >= rows) {
            break;
        }
        out += base::cat(columns > 0 ? cutToWidth(line, columns) : std::string(line), kClearBehind,
                         '\n');
        ++row;
    }
    return out.append(kClearBelow);
}

base::Result<void> showOnce(const SessionContext& context, queryd::RpcClient& client) {
    const auto status = client.status();
    if (!status.ok()) {
        return status.error();
    }
    const auto format = formatOf(context.arguments.format).value_or(Format::Table);
    const bool for_programs = format == Format::Jsonl || format == Format::Json;
    const size_t columns = context.output_is_terminal ? terminalColumns(STDOUT_FILENO) : 0;
    const std::string text = for_programs
                                 ? statusJsonl(status.value())
                                 : statusText(status.value(), context.clock.wallNs(), columns);
    const bool is_in_place = context.arguments.watch && context.output_is_terminal;
    context.output.buffer() +=
        is_in_place ? inPlace(text, terminalRows(STDOUT_FILENO), columns) : text;
    return context.output.flush();
}

}  // namespace

base::Result<void> runStatus(const SessionContext& context) {
    const auto client = queryd::connectRpcClient(context.sockets.rpc);
    if (!client.ok()) {
        return nobodyAnswers(context.sockets.rpc, client.error());
    }
    if (!context.arguments.watch) {
        pageWhenLong(context);
    }
    EVD_TRY(showOnce(context, *client.value()));
    context.output.endPage();
    while (context.arguments.watch) {
        pauseFor(kWatchIntervalMs);
        EVD_TRY(showOnce(context, *client.value()));
    }
    return {};
}

}  // namespace evd::evctl
