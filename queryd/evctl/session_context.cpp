#include "queryd/evctl/session_context.h"

#include "common/base/text.h"
#include "queryd/client/query_client.h"
#include "queryd/client/rpc_client_service.h"

namespace evd::evctl {

base::Error nobodyAnswers(const std::string& path, const base::Error& why) {
    if (why.kind == base::ErrorKind::NotFound) {
        return base::fail(why.kind,
                          base::cat("nobody answers at ", path,
                                    ": is eventd running? Start it with ./dev up, or name its "
                                    "socket with --socket or its state folder with --state"));
    }
    if (why.kind == base::ErrorKind::Denied) {
        return base::fail(why.kind, base::cat("you may not use the socket ", path));
    }
    return why;
}

base::Result<std::unique_ptr<queryd::QueryChannel>> openChannel(const SessionContext& context) {
    if (context.arguments.rpc.empty()) {
        auto client = queryd::connectQueryClient(context.sockets.query);
        if (!client.ok()) {
            return nobodyAnswers(context.sockets.query, client.error());
        }
        return client;
    }
    auto client = queryd::connectRpcClient(context.sockets.rpc);
    if (!client.ok()) {
        return nobodyAnswers(context.sockets.rpc, client.error());
    }
    return std::unique_ptr<queryd::QueryChannel>(std::move(client).value());
}

void pageWhenLong(const SessionContext& context) {
    if (context.output_is_terminal && isForPeople(context.arguments.format) &&
        !context.pager.empty()) {
        context.output.pageWhenLong(context.pager, context.terminal_rows, context.terminal_width);
    }
}

void noteAsked(const SessionContext& context, const std::string& question) {
    if (context.asked != nullptr) {
        *context.asked = question;
    }
}

PrintStyle styleFor(const SessionContext& context) {
    const Arguments& arguments = context.arguments;
    PrintStyle style;
    style.time =
        arguments.utc ? TimeStyle::Utc : timeStyleOf(arguments.time).value_or(TimeStyle::Local);
    style.color =
        arguments.color == "always" || (arguments.color == "auto" && context.output_is_terminal);
    style.width_max = context.output_is_terminal ? context.terminal_width : 0;
    style.wrap = arguments.wrap;
    style.bars = arguments.plot || (context.output_is_terminal && !arguments.no_plot);
    style.unicode = context.unicode;
    return style;
}

std::unique_ptr<RecordPrinter> printerFor(const SessionContext& context, bool live) {
    const bool wants_table = context.output_is_terminal || context.arguments.wrap;
    const Format usual = wants_table && !live ? Format::Table : Format::Pretty;
    PrintStyle style = styleFor(context);
    // Who asks for a format by its name gets everything; tables choose by width.
    style.brief = context.output_is_terminal && context.arguments.format.empty();
    return makePrinter(formatOf(context.arguments.format).value_or(usual), style, context.clock);
}

}  // namespace evd::evctl
