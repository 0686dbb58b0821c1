#include "queryd/evctl/status_command.h"

#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/in_place.h"
#include "queryd/evctl/pause.h"
#include "queryd/evctl/status_report.h"
#include "queryd/evctl/terminal.h"

#include <unistd.h>

namespace evd::evctl {

namespace {

constexpr int kWatchIntervalMs = 1'000;

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
