#include "tests/query/case_file.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/lang/literals.h"
#include "tests/support/fake_clock.h"
#include "tests/support/msgpack_json.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace evd::test {

namespace {

base::Error malformed(size_t line, std::string_view why) {
    return base::fail(base::ErrorKind::Invalid, base::cat("line ", line, ": ", why));
}

bool readInteger(std::string_view text, int64_t& value) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// The next word of a row; the rest keeps what follows.
std::string_view takeWord(std::string_view& rest) {
    rest = base::trim(rest);
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

// @123 or @+10s.
bool readTime(std::string_view word, int64_t& timestamp) {
    if (!word.starts_with('@')) {
        return false;
    }
    word.remove_prefix(1);
    if (!word.starts_with('+')) {
        return readInteger(word, timestamp);
    }
    int64_t seconds = 0;
    if (!word.ends_with('s') || !readInteger(word.substr(1, word.size() - 2), seconds)) {
        return false;
    }
    timestamp = FakeClock::kStartWallNs + seconds * base::kNsPerSecond;
    return true;
}

bool readAttribute(std::string_view word, TestEvent& event) {
    const size_t equals = word.find('=');
    int64_t number = 0;
    if (equals == std::string_view::npos || !readInteger(word.substr(equals + 1), number)) {
        return false;
    }
    const std::string_view key = word.substr(0, equals);
    const base::Guid guid = guidOf(static_cast<uint32_t>(number));
    if (key == "cpu") {
        event.cpu = number;
    } else if (key == "seq") {
        event.sequence = number;
    } else if (key == "class") {
        event.origin_class = number;
    } else if (key == "proc") {
        event.process = guid;
    } else if (key == "eff") {
        event.effective_token = guid;
    } else if (key == "true") {
        event.true_token = guid;
    } else if (key == "boot") {
        event.boot = guid;
    } else {
        return false;
    }
    return true;
}

base::Result<TestEvent> readRow(std::string_view rest) {
    TestEvent event;
    event.boot = guidOf(1);
    if (!readInteger(takeWord(rest), event.id) || !readTime(takeWord(rest), event.timestamp)) {
        return base::fail(base::ErrorKind::Invalid, "a row begins with its id and @time");
    }
    event.type = takeWord(rest);
    for (rest = base::trim(rest); !rest.empty() && rest.front() != '{'; rest = base::trim(rest)) {
        if (!readAttribute(takeWord(rest), event)) {
            return base::fail(base::ErrorKind::Invalid, "unknown field of a row");
        }
    }
    if (!rest.empty()) {
        auto payload = msgpackOfJson(rest);
        if (!payload) {
            return payload.error();
        }
        event.payload = std::move(payload).value();
    }
    return event;
}

bool readLogAttribute(std::string_view word, TestLog& log) {
    if (word == "error") {
        log.is_error = true;
        return true;
    }
    const size_t equals = word.find('=');
    int64_t number = 0;
    if (equals == std::string_view::npos || !readInteger(word.substr(equals + 1), number)) {
        return false;
    }
    const base::Guid guid = guidOf(static_cast<uint32_t>(number));
    const std::string_view key = word.substr(0, equals);
    if (key == "job") {
        log.job = guid;
    } else {
        log.boot = guid;
    }
    return key == "job" || key == "boot";
}

base::Result<TestLog> readLogRow(std::string_view rest) {
    TestLog log;
    if (!readInteger(takeWord(rest), log.id) || !readTime(takeWord(rest), log.timestamp)) {
        return base::fail(base::ErrorKind::Invalid, "a row begins with its id and @time");
    }
    log.origin = takeWord(rest);
    for (rest = base::trim(rest); !rest.empty() && rest.front() != '"'; rest = base::trim(rest)) {
        if (!readLogAttribute(takeWord(rest), log)) {
            return base::fail(base::ErrorKind::Invalid, "unknown field of a row");
        }
    }
    const auto message = nlohmann::json::parse(rest, nullptr, /*allow_exceptions=*/false);
    if (!message.is_string()) {
        return base::fail(base::ErrorKind::Invalid, "a row ends with its message in quotes");
    }
    log.message = message.get<std::string>();
    return log;
}

enum class RowsOf { Events, Logs, Metrics };

class CaseFileReader {
  public:
    explicit CaseFileReader(std::string_view text) : lines_(base::split(text, '\n')) {
        file_.now_ns = FakeClock::kStartWallNs + 24 * 3600 * base::kNsPerSecond;
    }

    base::Result<CaseFile> run() {
        for (; at_ < lines_.size(); ++at_) {
            const std::string_view line = lines_[at_];
            if (base::trim(line).empty() || line.starts_with('#')) {
                continue;
            }
            EVD_TRY(line.starts_with("case: ") ? readCase() : readSetup(line));
        }
        return std::move(file_);
    }

  private:
    base::Result<void> readSetup(std::string_view line) {
        if (line.starts_with("now ")) {
            const auto now = queryd::parseCalendarTime(base::trim(line.substr(4)));
            file_.now_ns = now.value_or(0);
            return now ? base::Result<void>() : malformed(at_ + 1, "no time");
        }
        if (line.starts_with("shard ")) {
            std::string_view rest = line.substr(6);
            CaseShard shard;
            shard.name = takeWord(rest);
            shard.types =
                takeWord(rest) == "untyped" ? TestShard::Types::Unlisted : TestShard::Types::Listed;
            file_.shards.push_back(std::move(shard));
            rows_of_ = RowsOf::Events;
            return {};
        }
        if (line.starts_with("logs ")) {
            std::string_view rest = line.substr(5);
            CaseLogStore& store = file_.log_stores.emplace_back();
            store.name = takeWord(rest);
            store.origins = takeWord(rest) == "unlisted" ? TestLogStore::Origins::Unlisted
                                                         : TestLogStore::Origins::Listed;
            rows_of_ = RowsOf::Logs;
            return {};
        }
        if (line.starts_with("metrics ")) {
            file_.metric_stores.push_back({std::string(base::trim(line.substr(8))), {}});
            rows_of_ = RowsOf::Metrics;
            return {};
        }
        switch (rows_of_) {
            case RowsOf::Events:
                return readEvent(line);
            case RowsOf::Logs:
                return readLog(line);
            case RowsOf::Metrics:
                return readMetric(line);
        }
        return {};
    }

    base::Result<void> readMetric(std::string_view line) {
        const auto read = readMetricLine(line, file_.metric_stores.back());
        return read ? read : malformed(at_ + 1, read.error().text);
    }

    base::Result<void> readLog(std::string_view line) {
        auto row = readLogRow(line);
        if (!row) {
            return malformed(at_ + 1, row.error().text);
        }
        file_.log_stores.back().logs.push_back(std::move(row).value());
        return {};
    }

    base::Result<void> readEvent(std::string_view line) {
        if (file_.shards.empty()) {
            return malformed(at_ + 1, "a row before the first shard");
        }
        auto row = readRow(line);
        if (!row) {
            return malformed(at_ + 1, row.error().text);
        }
        file_.shards.back().events.push_back(std::move(row).value());
        return {};
    }

    base::Result<void> readCase() {
        Case read;
        read.name = lines_[at_].substr(6);
        read.line = at_ + 1;
        for (++at_; at_ < lines_.size() && lines_[at_] != "---"; ++at_) {
            read.query += base::cat(read.query.empty() ? "" : "\n", lines_[at_]);
        }
        if (at_ == lines_.size()) {
            return malformed(read.line, "a case without ---");
        }
        while (at_ + 1 < lines_.size() && !lines_[at_ + 1].starts_with("case: ")) {
            const std::string_view line = base::trim(lines_[++at_]);
            if (!line.empty() && !line.starts_with('#')) {
                read.expected.emplace_back(line);
            }
        }
        file_.cases.push_back(std::move(read));
        return {};
    }

    std::vector<std::string_view> lines_;
    size_t at_ = 0;
    RowsOf rows_of_ = RowsOf::Events;  // what comes now
    CaseFile file_;
};

}  // namespace

base::Result<CaseFile> parseCaseFile(std::string_view text) {
    return CaseFileReader(text).run();
}

}  // namespace evd::test
