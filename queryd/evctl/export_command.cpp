// The order of things that makes an export safe to break off: a page is whole when the server has
// said so; its records are printed, flushed and synced; then the place is saved, in one rename.
// Whatever lies behind the saved place in the unfinished file is cut off when the export goes on.
// A page is always printed by itself, so that the file is the same to the byte however often it was
// broken off.

#include "queryd/evctl/export_command.h"

#include "common/base/text.h"
#include "queryd/evctl/answer_output.h"
#include "queryd/evctl/export_file.h"
#include "queryd/evctl/export_pages.h"
#include "queryd/evctl/export_place.h"
#include "queryd/evctl/output/export_printers.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/query_command.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/question_shape.h"
#include "queryd/evctl/terminal.h"

#include <unistd.h>
#include <cerrno>
#include <set>
#include <utility>

namespace evd::evctl {

namespace {

using base::cat;

constexpr std::string_view kJournald = "journald";
constexpr std::string_view kOtlp = "otlp-json";

int usage(const std::string& text) {
    complain(text);
    return kExitUsage;
}

// Which metrics are counters now: the answers of METRIC do not say it.
class CounterNames final : public queryd::AnswerReader {
  public:
    base::Result<void> record(std::span<const uint8_t> record) override {
        EVD_TRY(readFields(record, fields_));
        const FieldView* name = findField(fields_, "name");
        if (const auto text = name == nullptr ? std::nullopt : textOf(name->value)) {
            names_.emplace(*text);
        }
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }

    std::set<std::string, std::less<>> take() { return std::move(names_); }

  private:
    std::vector<FieldView> fields_;
    std::set<std::string, std::less<>> names_;
};

base::Result<std::unique_ptr<RecordPrinter>> printerOf(const SessionContext& context,
                                                       const std::string& question) {
    const std::string& to = context.arguments.to;
    if (to == kJournald) {
        return makeJournalPrinter();
    }
    if (to != kOtlp) {
        return to == "csv" ? makeCsvPrinter() : makeJsonlPrinter();
    }
    if (!findQueryWords(question).metric) {
        return makeOtlpLogPrinter();
    }
    std::set<std::string, std::less<>> counters;
    if (showsSamples(question)) {
        const auto channel = openChannel(context);
        if (!channel.ok()) {
            return channel.error();
        }
        CounterNames reader;
        EVD_TRY(channel.value()->ask("METRIC *[] WHERE type == \"counter\" SELECT name",
                                     {context.arguments.timeout_ms, false}, reader));
        counters = reader.take();
    }
    return makeOtlpMetricPrinter([counters = std::move(counters)](std::string_view name) {
        return counters.find(name) != counters.end();
    });
}

// Asked in one piece: any question.
base::Result<uint64_t> exportWhole(const SessionContext& context, const std::string& question,
                                   RecordPrinter& printer, OutputStream& stream) {
    const auto channel = openChannel(context);
    if (!channel.ok()) {
        return channel.error();
    }
    noteAsked(context, question);
    CountingPrinter counting(printer);
    AnswerOutput answer(counting, stream, context.spool_folder, InitialOrder::AsAnswered);
    Progress progress("exporting", ProgressUnit::Records, findQueryWords(question).take_count);
    answer.tell(progress, printsToTerminal(context));
    EVD_TRY(channel.value()->ask(question, {context.arguments.timeout_ms, true}, answer));
    EVD_TRY(answer.complete());
    EVD_TRY(checkRefused(printer.refused(), context.arguments.to));
    return counting.count();
}

base::Result<void> removeFile(const std::string& path) {
    return ::unlink(path.c_str()) == 0 || errno == ENOENT
               ? base::Result<void>()
               : base::failErrno(cat("cannot remove ", path), errno);
}

uint64_t endOf(int fd) {
    const off_t end = ::lseek(fd, 0, SEEK_CUR);
    return end < 0 ? 0 : static_cast<uint64_t>(end);
}

// One run of the command, once it is known what is asked and where it goes.
class Export {
  public:
    Export(const SessionContext& context, std::string question, RecordPrinter& printer)
        : context_(context),
          arguments_(context.arguments),
          question_(std::move(question)),
          printer_(printer) {}

    base::Result<uint64_t> toStream(const base::Result<PagedQuestion>& planned,
                                    OutputStream& stream) {
        if (!planned.ok()) {
            return exportWhole(context_, question_, printer_, stream);
        }
        PagedQuestion plan = planned.value();
        const auto sink = printer_.needsSurvey()
                              ? makeSurveyedSink(printer_, stream, context_.spool_folder)
                              : makePrintingSink(printer_, stream);
        auto done = settleBeginning(context_, plan);
        PageExport pages(context_, plan, PageWalk::firstPlace(plan), *sink);
        if (done.ok()) {
            done = pages.run([](const PageWalk&) { return base::Result<void>(); });
        }
        const bool hides_times = !done.ok() && done.error().kind == base::ErrorKind::Unsupported;
        if (hides_times && pages.records() == 0) {
            return exportWhole(context_, question_, printer_, stream);
        }
        EVD_TRY(done);
        EVD_TRY(sink->end());
        EVD_TRY(checkRefused(printer_.refused(), arguments_.to));
        return pages.records();
    }

    base::Result<uint64_t> toFile(const base::Result<PagedQuestion>& plan) {
        ExportFile file(arguments_.into);
        EVD_TRY(file.begin());
        OutputStream stream(file.fd(), file.partialPath());
        const auto records = toStream(plan, stream);
        if (records.ok()) {
            EVD_TRY(file.finish());
        }
        return records;
    }

    base::Result<uint64_t> resumable(const PagedQuestion& plan);

  private:
    base::Result<ExportPlace> openPlace(PagedQuestion& plan, bool& is_new) const;

    const SessionContext& context_;
    const Arguments& arguments_;
    std::string question_;
    RecordPrinter& printer_;
};

// Where to go on, or where to begin. The range of time is that of the beginning.
base::Result<ExportPlace> Export::openPlace(PagedQuestion& plan, bool& is_new) const {
    auto loaded = loadExportPlace(arguments_.resume);
    is_new = !loaded.ok() && loaded.error().kind == base::ErrorKind::NotFound;
    if (is_new) {
        EVD_TRY(settleBeginning(context_, plan));
        ExportPlace place{question_,     arguments_.to, arguments_.into,
                          plan.since_ns, plan.until_ns, PageWalk::firstPlace(plan)};
        place.has_own_name = true;
        return place;
    }
    if (!loaded.ok()) {
        return loaded;
    }
    const ExportPlace& place = loaded.value();
    if (place.question != question_ || place.to != arguments_.to || place.into != arguments_.into) {
        return base::fail(
            base::ErrorKind::Invalid,
            cat(arguments_.resume, " is the place of another export (--to ", place.to, " --into ",
                place.into, " '", place.question, "'); name another, or remove it to begin anew"));
    }
    plan.since_ns = place.since_ns;
    plan.until_ns = place.until_ns;
    return loaded;
}

base::Result<uint64_t> Export::resumable(const PagedQuestion& asked) {
    PagedQuestion plan = asked;
    bool is_new = false;
    const auto opened = openPlace(plan, is_new);
    if (!opened.ok()) {
        return opened.error();
    }
    ExportPlace place = opened.value();
    // Columns are known in the end only: until then the records are kept as they came.
    const bool is_raw = printer_.needsSurvey();
    ExportFile file(is_raw ? arguments_.into + ".records" : arguments_.into,
                    place.has_own_name ? unfinishedTag(arguments_.resume) : "");
    auto begun = is_new ? file.begin() : file.goOn(place.bytes);
    if (!begun.ok() && place.is_whole && begun.error().kind == base::ErrorKind::NotFound) {
        EVD_TRY(removeFile(arguments_.resume));  // nothing else was missing
        return place.records;
    }
    EVD_TRY(begun);
    file.keepUnfinished();
    OutputStream stream(file.fd(), file.partialPath());
    const auto sink = is_raw ? makeRawSink(stream) : makePrintingSink(printer_, stream);
    PageExport pages(context_, plan, place.page, *sink, place.records);
    const uint64_t refused_before = place.refused;
    const auto save = [&](const PageWalk& walk) -> base::Result<void> {
        EVD_TRY(file.sync());
        place.page = walk.place();
        place.records = pages.records();
        place.bytes = endOf(file.fd());
        place.refused = refused_before + printer_.refused();
        return saveExportPlace(arguments_.resume, place);
    };
    EVD_TRY(pages.run(save));
    EVD_TRY(checkRefused(place.refused, arguments_.to));
    if (is_raw) {
        EVD_TRY(printRaw(file.fd(), printer_, arguments_.to, arguments_.into));
        // In this order: a place whose records are gone could not be gone on from.
        EVD_TRY(removeFile(arguments_.resume));
        EVD_TRY(removeFile(file.partialPath()));
        return place.records;
    }
    place.is_whole = true;
    EVD_TRY(saveExportPlace(arguments_.resume, place));
    EVD_TRY(file.finish());
    EVD_TRY(removeFile(arguments_.resume));
    return place.records;
}

// What to do about an export that failed, as the end of a sentence.
std::string whatNext(const Arguments& arguments, base::ErrorKind kind) {
    if (arguments.resume.empty() || kind == base::ErrorKind::Invalid) {
        return {};
    }
    return kind == base::ErrorKind::Unsupported ? cat("; this export cannot be completed, remove ",
                                                      arguments.resume, " to begin another one")
                                                : "; the same command goes on from where it was";
}

// A journal wants its entries in the order of time.
bool wantsOrder(const std::string& to, const std::string& question,
                const base::Result<PagedQuestion>& plan) {
    const bool is_backward = plan.ok() && !plan.value().oldest_first;
    return to == kJournald && is_backward && !findQueryWords(question).sort;
}

}  // namespace

base::Result<int> runExport(const SessionContext& context) {
    const Arguments& arguments = context.arguments;
    auto typed = queryText(arguments);
    if (!typed.ok()) {
        return typed.error();
    }
    const int64_t now_ns = context.clock.wallNs();
    std::string question = shapedQuestion(std::move(typed).value(), arguments);
    auto plan = planPages(question, now_ns);
    if (wantsOrder(arguments.to, question, plan)) {
        question += "\nSORT timestamp";
        plan = planPages(question, now_ns);
    }
    if (findQueryWords(question).stream) {
        return usage("an export has an end, and an answer with STREAM has none; leave STREAM out");
    }
    if (!arguments.resume.empty() && !plan.ok()) {
        return usage(cat("this export cannot be broken off and resumed: ", plan.error().text,
                         "; leave --resume out"));
    }
    const auto printer = printerOf(context, question);
    if (!printer.ok()) {
        return printer.error();
    }
    Export work(context, question, *printer.value());
    const auto records = !arguments.resume.empty() ? work.resumable(plan.value())
                         : !arguments.into.empty() ? work.toFile(plan)
                                                   : work.toStream(plan, context.output);
    if (!records.ok()) {
        return base::fail(records.error().kind,
                          cat(records.error().text, whatNext(arguments, records.error().kind)));
    }
    if (!arguments.into.empty()) {
        complain(cat(records.value(), records.value() == 1 ? " record" : " records", " in ",
                     arguments.into));
    }
    return kExitSuccess;
}

}  // namespace evd::evctl
