#include "queryd/evctl/status_command.h"

#include "common/base/text.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/status_report.h"

#include <poll.h>

namespace evd::evctl {

namespace {

constexpr int kWatchIntervalMs = 1'000;
constexpr std::string_view kHomeAndClear = "\x1b[H\x1b[2J";

base::Result<void> showOnce(const SessionContext& context, queryd::RpcClient& client) {
    const auto status = client.status();
    if (!status.ok()) {
        return status.error();
    }
    const auto format = formatOf(context.arguments.format).value_or(Format::Table);
    const bool for_programs = format == Format::Jsonl || format == Format::Json;
    if (context.arguments.watch && context.output_is_terminal) {
        context.output.buffer() += kHomeAndClear;
    }
    context.output.buffer() += for_programs ? statusJsonl(status.value())
                                            : statusText(status.value(), context.clock.wallNs());
    return context.output.flush();
}

}  // namespace

base::Result<void> runStatus(const SessionContext& context) {
    const auto client = queryd::connectRpcClient(context.sockets.rpc);
    if (!client.ok()) {
        return nobodyAnswers(context.sockets.rpc, client.error());
    }
    EVD_TRY(showOnce(context, *client.value()));
    while (context.arguments.watch) {
        (void)::poll(nullptr, 0, kWatchIntervalMs);  // an early wake only shows it sooner
        EVD_TRY(showOnce(context, *client.value()));
    }
    return {};
}

}  // namespace evd::evctl
