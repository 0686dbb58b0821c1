#include "queryd/evctl/tail_command.h"

#include "common/base/text.h"
#include "queryd/evctl/answer_output.h"
#include "queryd/evctl/query_words.h"

namespace evd::evctl {

TailQuery tailQuery(std::span<const std::string> words, uint32_t lines) {
    std::string_view mode = "EVENTS";
    if (!words.empty() && (base::equalsFolded(words.front(), "events") ||
                           base::equalsFolded(words.front(), "logs"))) {
        mode = base::equalsFolded(words.front(), "logs") ? "LOGS" : "EVENTS";
        words = words.subspan(1);
    }
    TailQuery query{std::string(mode), true};
    for (const std::string& word : words) {
        query.text += ' ';
        query.text += word;
    }
    const QueryWords found = findQueryWords(query.text);
    // Line breaks, because the clauses may end in a comment.
    query.text += found.take ? "" : base::cat("\nTAKE ", lines);
    query.text += found.stream ? "" : "\nSTREAM";
    query.reversed = !found.sort;
    return query;
}

base::Result<void> runTail(const SessionContext& context) {
    const auto channel = openChannel(context);
    if (!channel.ok()) {
        return channel.error();
    }
    const TailQuery query = tailQuery(context.arguments.words, context.arguments.lines);
    const auto printer = printerFor(context, /*live=*/true);
    AnswerOutput answer(*printer, context.output, context.spool_folder,
                        query.reversed ? InitialOrder::Reversed : InitialOrder::AsAnswered);
    EVD_TRY(channel.value()->ask(query.text, {context.arguments.timeout_ms, true}, answer));
    return answer.complete();
}

}  // namespace evd::evctl
