// Four states. In Line the next thing is a line: "NAME=value", "NAME" (a binary field follows) or
// nothing (the entry has ended). Length waits for the eight bytes behind a name, Data for the value
// and its line break. Skip passes over bytes that are not wanted: a number of them, or up to the
// end of a line, or, behind damage, up to an empty line. What is not complete yet waits in the
// buffer, which never holds more than the largest field and one piece of input.

#include "queryd/evctl/import/journal_entries.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace evd::evctl {

namespace {

constexpr size_t kLengthBytes = sizeof(uint64_t);
constexpr uint64_t kErrorPriority = 3;
constexpr uint64_t kMicrosecondsMax = static_cast<uint64_t>(INT64_MAX) / 1000;
constexpr std::string_view kUnknownOrigin = "journal";

// The fields that matter; the first value of each counts.
enum Wanted : size_t {
    kMessage,
    kIdentifier,
    kCommand,
    kUnit,
    kPriority,
    kRealtime,
    kOurTime,
    kOurJob,
    kWantedCount
};
constexpr std::array<std::string_view, kWantedCount> kWantedNames = {
    "MESSAGE",          "SYSLOG_IDENTIFIER", "_COMM",
    "_SYSTEMD_UNIT",    "PRIORITY",          "__REALTIME_TIMESTAMP",
    "EVENTD_TIMESTAMP", "EVENTD_JOB_ID"};

struct Entry {
    std::array<std::optional<std::string>, kWantedCount> values;
    uint64_t line = 0;  // where it begins; 0: not yet
    bool is_too_long = false;
};

bool isFieldName(std::string_view name) {
    return !name.empty() && name.size() <= kJournalNameBytesMax &&
           std::all_of(name.begin(), name.end(), [](char letter) {
               return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
                      letter == '_';
           });
}

std::optional<int64_t> timeOf(const Entry& entry) {
    const auto microseconds = base::parseU64(entry.values[kRealtime].value_or(""));
    if (!microseconds.ok() || microseconds.value() > kMicrosecondsMax) {
        return std::nullopt;
    }
    const auto ours = base::parseU64(entry.values[kOurTime].value_or(""));
    const bool agrees = ours.ok() && ours.value() / 1000 == microseconds.value();
    return static_cast<int64_t>(agrees ? ours.value() : microseconds.value() * 1000);
}

std::string originOf(const Entry& entry) {
    for (const Wanted name : {kIdentifier, kCommand, kUnit}) {
        const auto& value = entry.values[name];
        if (value && !value->empty() && value->size() <= wire::kLogOriginBytesMax / 3) {
            return base::toUtf8(*value);  // which may make three bytes of one
        }
    }
    return std::string(kUnknownOrigin);
}

class JournalParser final : public ImportParser {
  public:
    JournalParser(ImportReport& report, ImportSink& sink) : report_(report), sink_(sink) {}

    base::Result<void> feed(std::string_view bytes) override {
        buffer_ += bytes;
        at_ = 0;
        auto outcome = base::Result<bool>(true);
        while (outcome.ok() && outcome.value()) {
            outcome = step();
        }
        buffer_.erase(0, at_);
        return outcome.ok() ? base::Result<void>() : outcome.error();
    }

    base::Result<void> finish() override {
        at_ = 0;
        if (state_ == State::Line && !buffer_.empty()) {
            EVD_TRY(takeLine(buffer_));
        } else if (state_ == State::Length || state_ == State::Data) {
            report_.notUnderstood("an entry that is cut off", entry_.line, name_);
            entry_ = {};
        }
        return endEntry();
    }

  private:
    enum class State { Line, Length, Data, SkipBytes, SkipLine, SkipEntry };

    std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

    // One piece; false when more bytes are needed.
    base::Result<bool> step() {
        switch (state_) {
            case State::Line:
                return stepLine();
            case State::Length:
                return stepLength();
            case State::Data:
                return stepData();
            case State::SkipBytes:
                return stepSkipBytes();
            case State::SkipLine:
                return stepSkipTo("\n");
            case State::SkipEntry:
                return stepSkipTo("\n\n");
        }
        return false;
    }

    base::Result<bool> stepLine() {
        const size_t end = rest().find('\n');
        if (end == std::string_view::npos && rest().size() <= kImportLineBytesMax) {
            return false;
        }
        const std::string_view line = rest().substr(0, std::min(end, rest().size()));
        if (line.size() > kImportLineBytesMax) {
            noteTooLong(line.substr(0, line.find('=')));
            state_ = State::SkipLine;
            return true;
        }
        at_ += line.size() + 1;
        EVD_TRY(takeLine(line));
        ++line_;
        return true;
    }

    base::Result<void> takeLine(std::string_view line) {
        if (line.empty()) {
            return endEntry();
        }
        entry_.line = entry_.line == 0 ? line_ : entry_.line;
        const size_t equals = line.find('=');
        const std::string_view name = line.substr(0, equals);
        if (!isFieldName(name)) {
            report_.notUnderstood("a line that is no field", line_, line);
        } else if (equals == std::string_view::npos) {
            name_ = name;
            state_ = State::Length;
        } else {
            keep(name, line.substr(equals + 1));
        }
        return {};
    }

    base::Result<bool> stepLength() {
        if (rest().size() < kLengthBytes) {
            return false;
        }
        length_ = 0;
        for (size_t i = kLengthBytes; i > 0; --i) {
            length_ = length_ << 8 | static_cast<unsigned char>(rest()[i - 1]);
        }
        at_ += kLengthBytes;
        if (length_ > kJournalDataBytesMax) {
            return lose("a field with an impossible length");
        }
        state_ = State::Data;
        if (length_ > kImportLineBytesMax) {
            noteTooLong(name_);
            state_ = State::SkipBytes;
            length_ += 1;  // and its line break
        }
        return true;
    }

    base::Result<bool> stepData() {
        if (rest().size() < length_ + 1) {
            return false;
        }
        if (rest()[length_] != '\n') {
            return lose("a field that does not end where it says");
        }
        const std::string_view value = rest().substr(0, length_);
        keep(name_, value);
        line_ += 1 + static_cast<uint64_t>(std::count(value.begin(), value.end(), '\n'));
        at_ += length_ + 1;
        state_ = State::Line;
        return true;
    }

    base::Result<bool> stepSkipBytes() {
        const size_t count = std::min<uint64_t>(length_, rest().size());
        const std::string_view gone = rest().substr(0, count);
        line_ += static_cast<uint64_t>(std::count(gone.begin(), gone.end(), '\n'));
        at_ += count;
        length_ -= count;
        state_ = length_ == 0 ? State::Line : state_;
        return length_ == 0;
    }

    // A line follows.
    base::Result<bool> stepSkipTo(std::string_view end) {
        const size_t found = rest().find(end);
        // The end may be cut in two by the end of the buffer.
        const size_t count = found == std::string_view::npos
                                 ? rest().size() - std::min(rest().size(), end.size() - 1)
                                 : found + end.size();
        const std::string_view gone = rest().substr(0, count);
        line_ += static_cast<uint64_t>(std::count(gone.begin(), gone.end(), '\n'));
        at_ += count;
        state_ = found == std::string_view::npos ? state_ : State::Line;
        return found != std::string_view::npos;
    }

    // The rest of the entry cannot be read.
    base::Result<bool> lose(std::string_view reason) {
        report_.notUnderstood(reason, entry_.line, name_);
        entry_ = {};
        state_ = State::SkipEntry;
        return true;
    }

    void noteTooLong(std::string_view name) {
        entry_.line = entry_.line == 0 ? line_ : entry_.line;
        entry_.is_too_long = entry_.is_too_long || name == kWantedNames[kMessage];
    }

    void keep(std::string_view name, std::string_view value) {
        const auto found = std::find(kWantedNames.begin(), kWantedNames.end(), name);
        if (found != kWantedNames.end()) {
            auto& place = entry_.values[static_cast<size_t>(found - kWantedNames.begin())];
            place = place ? std::move(place) : std::optional(std::string(value));
        }
    }

    base::Result<void> endEntry() {
        const Entry entry = std::exchange(entry_, {});
        if (entry.line == 0) {
            return {};  // several empty lines
        }
        const auto time = timeOf(entry);
        const std::string message = entry.values[kMessage].value_or("");
        if (entry.is_too_long) {
            report_.notUnderstood("an entry whose message is too long", entry.line, message);
        } else if (!time) {
            report_.notUnderstood("an entry without a time", entry.line, message);
        } else if (!entry.values[kMessage]) {
            report_.leftOut("entries without a message", entry.line,
                            entry.values[kIdentifier].value_or(""));
        } else {
            return pass(entry, *time, base::toUtf8(message));
        }
        return {};
    }

    base::Result<void> pass(const Entry& entry, int64_t time_ns, const std::string& message) {
        const std::string origin = originOf(entry);
        const auto priority = base::parseU64(entry.values[kPriority].value_or(""));
        wire::LogRecord record;
        record.timestamp_ns = time_ns;
        record.origin = origin;
        record.is_error = priority.ok() && priority.value() <= kErrorPriority;
        record.message = message;
        const auto job = base::parseGuid(entry.values[kOurJob].value_or(""));
        record.job_id = job.ok() ? std::optional(job.value()) : std::nullopt;
        report_.understood("log records");
        return sink_.log(record);
    }

    ImportReport& report_;
    ImportSink& sink_;
    std::string buffer_;
    size_t at_ = 0;  // what is in front of it is done with
    State state_ = State::Line;
    std::string name_;     // Length, Data
    uint64_t length_ = 0;  // Data, SkipBytes
    uint64_t line_ = 1;
    Entry entry_;
};

}  // namespace

std::unique_ptr<ImportParser> makeJournalParser(ImportReport& report, ImportSink& sink) {
    return std::make_unique<JournalParser>(report, sink);
}

}  // namespace evd::evctl
