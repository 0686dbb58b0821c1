// A log of auditd's asked by ausearch and aureport, and the same events in eventd, where `evctl
// import` has put them, asked over the query socket. A question to
// which both do not answer the same number of events is left out. ausearch answers as a process
// that ends and reads the whole file for it, which is in the page cache; eventd is asked as one who
// has a connection to make.

#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/bench/audit_log.h"
#include "tests/bench/group_under_test.h"
#include "tests/bench/peer_program.h"
#include "tests/support/raw_query.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr int kRuns = 3;
constexpr int kAnswerMsMax = 60'000;
constexpr int kImportSecondsMax = 300;
constexpr int64_t kRangeBegin = kAuditBeginSeconds + 500;
constexpr int64_t kRangeSeconds = 10;

enum class Tool { Ausearch, Aureport };

// {from} and {to} stand for the range of ten seconds, in the words of each side.
struct Question {
    const char* name;
    const char* text;
    Tool tool;
    const char* arguments;
    const char* field;  // an index on it helps; "" for none
    const char* index_name;
};

constexpr auto kQuestions = std::to_array<Question>({
    {"one type", "EVENTS audit.user_login", Tool::Ausearch, "-m USER_LOGIN", "event_type",
     "event_type"},
    {"one process", "EVENTS WHERE syscall.pid == 1234", Tool::Ausearch, "-p 1234", "syscall.pid",
     "payload_syscall_pid"},
    {"one key", "EVENTS WHERE syscall.key == shadow", Tool::Ausearch, "-w -k shadow", "syscall.key",
     "payload_syscall_key"},
    {"one key, failed", "EVENTS WHERE syscall.key == shadow AND syscall.success == false",
     Tool::Ausearch, "-w -k shadow -sv no", "", ""},
    {"10 s of 1,000 s", "EVENTS WHERE time >= {from} AND time < {to}", Tool::Ausearch,
     "-ts {from} -te {to}", "time", "payload_time"},
    {"everything", "EVENTS audit.*", Tool::Ausearch, "", "", ""},
    {"count by type", "EVENTS audit.* COUNT BY event_type", Tool::Aureport, "-e --summary",
     "event_type", "event_type"},
    {"count by key", "EVENTS WHERE syscall.key IS NOT NULL COUNT BY syscall.key", Tool::Aureport,
     "-k --summary", "", ""},
});

std::string replaced(std::string text, std::string_view word, const std::string& value) {
    if (const size_t at = text.find(word); at != std::string::npos) {
        text.replace(at, word.size(), value);
    }
    return text;
}

std::string ourQuestion(const Question& question) {
    constexpr std::string_view kNanoseconds = "000000000";
    const std::string from = replaced(question.text, "{from}", cat(kRangeBegin, kNanoseconds));
    return replaced(from, "{to}", cat(kRangeBegin + kRangeSeconds, kNanoseconds));
}

// As ausearch takes it in the C locale, where TZ is UTC. A second that is named is within.
std::string auditTime(int64_t seconds) {
    const std::string iso = base::formatIsoTime(seconds * 1'000'000'000);  // 2026-01-02T03:04:05
    return cat(iso.substr(5, 2), '/', iso.substr(8, 2), '/', iso.substr(2, 2), ' ',
               iso.substr(11, 8));
}

class AuditTools {
  public:
    AuditTools(const std::string& ausearch, const std::string& aureport, std::string log)
        : ausearch_(peerCommand(ausearch)),
          aureport_(peerCommand(aureport)),
          log_(std::move(log)) {}

    // What to type into a shell for the same answer.
    std::string command(const Question& question) const {
        const std::string from = replaced(question.arguments, "{from}", auditTime(kRangeBegin));
        const std::string arguments =
            replaced(from, "{to}", auditTime(kRangeBegin + kRangeSeconds - 1));
        return cat("TZ=UTC LC_ALL=C ", question.tool == Tool::Ausearch ? ausearch_ : aureport_,
                   " -if '", log_, "' ", arguments, " </dev/null 2>/dev/null");
    }
    // Of ausearch how many events it shows, of aureport each number and how many lines there are.
    std::string counts(const Question& question) const {
        const char* const count =
            question.tool == Tool::Ausearch
                ? " | grep -c '^----'"
                : " | sed -n 's/^\\([0-9][0-9]*\\)  .*/\\1/p' | sort -n | tr '\\n' ' '";
        return std::string(
            base::trim(test::runCommand({"/bin/sh", "-c", command(question) + count}).output));
    }

  private:
    const std::string ausearch_;
    const std::string aureport_;
    const std::string log_;
};

// The same of ours, by way of evctl, which is not measured.
std::string ourCounts(const test::StateFolder& state, const Question& question) {
    const bool is_grouped = question.tool == Tool::Aureport;
    const std::string text = ourQuestion(question) + (is_grouped ? "" : " COUNT");
    const auto answer = test::runCommand(
        {test::programPath("evctl"), "--state", state.path(), "--format", "jsonl", text});
    EVD_CHECK(answer.status == 0, answer.errors.c_str());
    std::vector<uint64_t> counts;
    constexpr std::string_view kCount = "\"count\":";
    for (const std::string_view line : base::split(answer.output, '\n')) {
        if (const size_t at = line.find(kCount); at != std::string_view::npos) {
            const auto rest = line.substr(at + kCount.size());
            const auto count = base::parseU64(rest.substr(0, rest.find_first_of(",}")));
            EVD_CHECK(count.ok(), "a count is a number");
            counts.push_back(count.value());
        }
    }
    std::sort(counts.begin(), counts.end());
    std::string text_of_all;
    for (const uint64_t count : counts) {
        text_of_all += cat(text_of_all.empty() ? "" : " ", count);
    }
    return text_of_all;
}

double ourQuickestMs(const std::string& socket, const std::string& text) {
    double best = 0;
    for (int i = 0; i < kRuns; ++i) {
        const int64_t start = nowNs();
        test::RawQuery query(socket);
        EVD_CHECK(query.countRecords(text, kAnswerMsMax).has_value(), "an answer");
        const double ms = static_cast<double>(nowNs() - start) / 1e6;
        best = i == 0 ? ms : std::min(best, ms);
    }
    return best;
}

void measureImport(const test::StateFolder& state, const std::string& log, Figures& figures) {
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    const int64_t start = nowNs();
    const auto import = test::runCommand(
        {test::programPath("evctl"), "--state", state.path(), "import", "--from", "auditd", log},
        "", kImportSecondsMax);
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    EVD_CHECK(import.status == 0, import.errors.c_str());
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    constexpr double kEvents = kAuditEvents;
    figures.push_back({"audit.import", kEvents / seconds, "events/s", 0, "", ""});
    figures.push_back(
        {"audit.bytes_per_event",
         static_cast<double>(fs::file_size(state.below("events/shard-0000.db"))) / kEvents, "bytes",
         static_cast<double>(fs::file_size(log)) / kEvents, "audit.log", ""});
}

Figure figureOf(const std::string& name, const std::string& socket, const Question& question,
                double peer_ms) {
    return {name,
            ourQuickestMs(socket, ourQuestion(question)),
            "ms",
            peer_ms,
            question.tool == Tool::Ausearch ? "ausearch" : "aureport",
            ""};
}

void measureQuestions(const test::StateFolder& state, const AuditTools& tools, Figures& figures) {
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    const std::string socket = state.below("run/query.sock");
    std::map<std::string_view, double> peer_ms;
    for (const Question& question : kQuestions) {
        const std::string theirs = tools.counts(question);
        const std::string ours = ourCounts(state, question);
        if (theirs != ours) {
            std::printf("%s is %s, auditd's tools say %s: left out\n", question.text, ours.c_str(),
                        theirs.c_str());
            continue;
        }
        const double ms = quickestShellMs(kRuns, tools.command(question) + " >/dev/null");
        peer_ms[question.name] = ms;
        const bool is_one = theirs.find(' ') == std::string::npos;
        const std::string name = cat("audit.", question.name, is_one ? cat(" (", theirs, ")") : "");
        figures.push_back(figureOf(name, socket, question, ms));
    }
    for (const Question& question : kQuestions) {
        if (*question.field != 0 && peer_ms.contains(question.name)) {
            test::RawQuery query(socket);
            EVD_CHECK(query.countRecords(cat("EVENTS INDEX ", question.field), kAnswerMsMax),
                      "the index was refused");
            EVD_CHECK(waitForIndex(state.below("events/shard-0000.db"), question.index_name),
                      "the index was not built");
            const std::string name = cat("audit.", question.name, ", indexed");
            figures.push_back(figureOf(name, socket, question, peer_ms.at(question.name)));
        }
    }
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
}

}  // namespace

void benchAudit(Figures& figures) {
    const auto ausearch = findPeer("ausearch");
    const auto aureport = findPeer("aureport");
    if (!ausearch || !aureport) {
        return;
    }
    const test::TemporaryDirectory folder;
    const std::string log = folder / "audit.log";
    writeAuditLog(log);
    const test::StateFolder state;
    measureImport(state, log, figures);
    measureQuestions(state, AuditTools(*ausearch, *aureport, log), figures);
}

}  // namespace evd::bench
