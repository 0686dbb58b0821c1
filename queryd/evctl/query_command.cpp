#include "queryd/evctl/query_command.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/answer_output.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/percentile_heat.h"
#include "queryd/evctl/plotting.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/question_shape.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace evd::evctl {

namespace {

base::Result<std::string> readAll(int fd, const std::string& name) {
    std::string text;
    EVD_TRY(readToEnd(fd, name, [&](std::string_view piece) -> base::Result<void> {
        text += piece;
        if (text.size() > kQueryTextBytesMax) {
            return base::fail(
                base::ErrorKind::Invalid,
                base::cat("the query in ", name, " has more than ", kQueryTextBytesMax, " bytes"));
        }
        return {};
    }));
    return text;
}

}  // namespace

base::Result<std::string> queryText(const Arguments& arguments) {
    if (!arguments.file.empty()) {
        const base::Fd file(::open(arguments.file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.valid()) {
            return base::failErrno(base::cat("cannot open ", arguments.file), errno);
        }
        return readAll(file.get(), arguments.file);
    }
    if (arguments.words.size() == 1 && arguments.words.front() == "-") {
        return readAll(STDIN_FILENO, "standard input");
    }
    std::string text;
    for (const std::string& word : arguments.words) {
        text += text.empty() ? "" : " ";
        text += word;
    }
    return text;
}

std::string indexText(std::string_view field) {
    std::string text = "EVENTS INDEX \"";
    for (const char letter : field) {
        text += letter == '"' || letter == '\\' ? base::cat('\\', letter) : base::cat(letter);
    }
    return text + '"';
}

base::Result<void> runIndex(const SessionContext& context) {
    const auto channel = openChannel(context);
    if (!channel.ok()) {
        return channel.error();
    }
    const auto printer = printerFor(context, /*live=*/false);
    AnswerOutput answer(*printer, context.output, context.spool_folder, InitialOrder::AsAnswered);
    // Ruling Q12: there are no records, and so there is nothing to complete.
    return channel.value()->ask(indexText(context.arguments.words.front()),
                                {context.arguments.timeout_ms, false}, answer);
}

base::Result<void> runQuery(const SessionContext& context) {
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
    const QueryWords words = findQueryWords(text);
    const bool is_live = words.stream;
    if (!is_live) {
        pageWhenLong(context);
    }
    const auto plot = wantsPlot(context, text) ? plotPrinterFor(context) : nullptr;
    const auto usual = plot ? nullptr : printerFor(context, is_live);
    RecordPrinter* const printer = plot ? plot.get() : usual.get();
    AnswerOutput answer(*printer, context.output, context.spool_folder, InitialOrder::AsAnswered);
    Progress progress("answer", ProgressUnit::Records, words.take_count);
    answer.tell(progress, context.output_is_terminal);
    const auto asked = channel.value()->ask(text, {context.arguments.timeout_ms, true}, answer);
    if (!asked.ok() && asked.error().kind == base::ErrorKind::Invalid &&
        mayBeHistogram(context.arguments, words)) {
        progress.stop();
        const auto drawn = drawPercentiles(context, text);
        // Of a question that both forms are refused for, the one that was typed is spoken of.
        return drawn.ok() || drawn.error().kind != base::ErrorKind::Invalid ? drawn : asked;
    }
    EVD_TRY(asked);
    EVD_TRY(answer.complete());
    EVD_TRY(checkRefused(printer->refused(), context.arguments.format));
    context.output.endPage();
    return plot ? writeSvg(context, plot->collected()) : base::Result<void>();
}

}  // namespace evd::evctl
