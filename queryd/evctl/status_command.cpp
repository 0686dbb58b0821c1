#include "queryd/evctl/status_command.h"

#include "common/base/text.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/in_place.h"
#include "queryd/evctl/output/list_text.h"
#include "queryd/evctl/pause.h"
#include "queryd/evctl/status_report.h"
#include "queryd/evctl/terminal.h"

#include <unistd.h>
#include <memory>
#include <utility>

namespace evd::evctl {

namespace {

constexpr int kWatchIntervalMs = 1'000;

// The group may be restarted while it is watched: each look that fails makes the connection anew.
base::Result<queryd::GroupStatus> look(const SessionContext& context,
                                       std::unique_ptr<queryd::RpcClient>& client) {
    if (!client) {
        auto connected = queryd::connectRpcClient(context.sockets.rpc);
        if (!connected.ok()) {
            return nobodyAnswers(context.sockets.rpc, connected.error());
        }
        client = std::move(connected).value();
    }
    auto status = client->status();
    if (!status.ok()) {
        client.reset();
    }
    return status;
}

base::Result<void> show(const SessionContext& context, const queryd::GroupStatus& status) {
    const size_t columns = context.output_is_terminal ? terminalColumns(STDOUT_FILENO) : 0;
    const std::string text =
        listText(context.arguments.format, statusText(status, context.clock.wallNs(), columns),
                 statusJsonl(status));
    const bool is_in_place = context.arguments.watch && context.output_is_terminal;
    context.output.buffer() +=
        is_in_place ? inPlace(text, terminalRows(STDOUT_FILENO), columns) : text;
    return context.output.flush();
}

// Until somebody ends it, or is no longer allowed to look.
base::Result<void> watch(const SessionContext& context,
                         std::unique_ptr<queryd::RpcClient>& client) {
    bool is_away = false;
    while (true) {
        pauseFor(kWatchIntervalMs);
        const auto status = look(context, client);
        if (!status.ok() && status.error().kind == base::ErrorKind::Denied) {
            return status.error();
        }
        if (!status.ok() && !is_away) {
            complain(base::cat(status.error().text, "; trying again until it answers"));
        }
        is_away = !status.ok();
        if (status.ok()) {
            EVD_TRY(show(context, status.value()));
        }
    }
}

}  // namespace

base::Result<void> runStatus(const SessionContext& context) {
    std::unique_ptr<queryd::RpcClient> client;
    const auto status = look(context, client);
    if (!status.ok()) {
        return status.error();
    }
    if (!context.arguments.watch) {
        pageWhenLong(context);
    }
    EVD_TRY(show(context, status.value()));
    context.output.endPage();
    return context.arguments.watch ? watch(context, client) : base::Result<void>();
}

}  // namespace evd::evctl
