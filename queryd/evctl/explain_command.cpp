#include "queryd/evctl/explain_command.h"

#include "queryd/evctl/answer_output.h"
#include "queryd/evctl/output/explanation_printer.h"
#include "queryd/evctl/query_command.h"
#include "queryd/evctl/question_shape.h"

namespace evd::evctl {

namespace {

// Formats for machines show the records as they come; people get them as one page.
std::unique_ptr<RecordPrinter> explanationPrinter(const SessionContext& context) {
    return isForPeople(context.arguments.format) ? makeExplanationPrinter()
                                                 : printerFor(context, /*live=*/false);
}

}  // namespace

base::Result<void> runExplain(const SessionContext& context) {
    auto typed = queryText(context.arguments);
    if (!typed.ok()) {
        return typed.error();
    }
    const std::string text = shapedQuestion(std::move(typed).value(), context.arguments);
    const auto channel = openChannel(context);
    if (!channel.ok()) {
        return channel.error();
    }
    noteAsked(context, text);
    pageWhenLong(context);
    const auto printer = explanationPrinter(context);
    AnswerOutput answer(*printer, context.output, context.spool_folder, InitialOrder::AsAnswered);
    queryd::AskOptions options{context.arguments.timeout_ms, /*watch=*/false};
    options.explain = true;
    EVD_TRY(channel.value()->ask(text, options, answer));
    EVD_TRY(answer.complete());
    context.output.endPage();
    return {};
}

}  // namespace evd::evctl
