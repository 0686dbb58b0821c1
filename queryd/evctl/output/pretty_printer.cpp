// One line per record, for reading: when, what, then the fields as key=value, those of the record
// itself first and the header's behind them. A log line is shown as a log is read: which boot it
// belongs to is left out, and what came from stderr is marked, and red where there is colour.
//
//    2026-01-02 03:04:05.123456  process.exec  name=ls command_line="ls -l" pid=42 cpu_id=0 ...
//    2026-01-02 03:04:05.123456  sshd: Accepted publickey for ada
//    2026-01-02 03:04:05.123456  sshd[stderr]: no such key job_id={...}
//    event_type=process.exec count=12
//
// On a terminal, where nobody asked for a format, an event is shown without its header behind.

#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/meaning.h"
#include "queryd/evctl/output/person_view.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/record_printer.h"

#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr const char* kErrorMark = "[stderr]";

// Fields that say where an event comes from rather than what happened.
constexpr std::array<std::string_view, 7> kHeaderFields = {
    "cpu_id",          "sequence",     "origin_class", "effective_token_guid",
    "true_token_guid", "process_guid", "boot_id"};

bool isHeaderField(std::string_view name) {
    return std::find(kHeaderFields.begin(), kHeaderFields.end(), name) != kHeaderFields.end();
}

class PrettyPrinter final : public RecordPrinter {
  public:
    PrettyPrinter(const PrintStyle& style, const base::Clock& clock)
        : style_(style), clock_(clock) {}

    void record(std::span<const uint8_t> record, std::string& out) override {
        if (!readFields(record, fields_).ok()) {
            return;
        }
        line_begins_ = true;
        const FieldView* title = findField(fields_, "event_type");
        const FieldView* message = nullptr;
        if (title == nullptr && (message = findField(fields_, "message")) != nullptr) {
            title = findField(fields_, "origin");
        }
        const FieldView* when = findField(fields_, "timestamp");
        if (when != nullptr && !isNil(when->value)) {
            append(kColorDim, personValue(*when, style_.time, clock_, /*quoted=*/false), out);
        }
        appendTitle(when, title, message, out);
        for (const FieldView& field : fields_) {
            if (!isOneOf(field, when, title, message) && !isHeaderField(field.name) &&
                !isImplied(field, message)) {
                appendPair(field, {}, out);
            }
        }
        appendHeader(when, title, message, out);
        out += '\n';
    }

  private:
    // A brief line leaves it out where it is whole; who has selected some of it wants to see that.
    void appendHeader(const FieldView* when, const FieldView* title, const FieldView* message,
                      std::string& out) {
        const auto in_header =
            std::count_if(fields_.begin(), fields_.end(),
                          [](const FieldView& field) { return isHeaderField(field.name); });
        if (style_.brief && static_cast<size_t>(in_header) == kHeaderFields.size()) {
            return;
        }
        for (const FieldView& field : fields_) {
            if (!isOneOf(field, when, title, message) && isHeaderField(field.name) &&
                !isImplied(field, message)) {
                appendPair(field, kColorDim, out);
            }
        }
    }

    // An aggregate of events has a type but no time; there the type is a field like others.
    void appendTitle(const FieldView* when, const FieldView*& title, const FieldView*& message,
                     std::string& out) {
        if (when == nullptr || title == nullptr || isNil(title->value)) {
            title = nullptr;
            message = nullptr;
            return;
        }
        if (message != nullptr) {
            return appendLogLine(*title, *message, out);
        }
        const std::string_view weight = colorOf(meaningOf(fields_));
        append(weight.empty() ? kColorBold : weight, plainValue(title->value), out);
        if (isImpostor(fields_)) {
            append(kColorRed, std::string(kImpostorMark), out);
        }
    }

    void appendLogLine(const FieldView& origin, const FieldView& message, std::string& out) {
        const FieldView* mark = findField(fields_, "is_error");
        const bool is_error = mark != nullptr && isTrue(mark->value);
        append(kColorBold, plainValue(origin.value) + (is_error ? kErrorMark : "") + ':', out);
        append(colorOf(meaningOf(fields_)), plainValue(message.value), out);
    }

    // Of a log line: what its look says already, or what nobody follows a log for.
    static bool isImplied(const FieldView& field, const FieldView* message) {
        return message != nullptr && (field.name == "is_error" || field.name == "boot_id");
    }

    static bool isOneOf(const FieldView& field, const FieldView* when, const FieldView* title,
                        const FieldView* message) {
        return &field == when || &field == title || &field == message;
    }

    void appendPair(const FieldView& field, std::string_view color, std::string& out) {
        if (!isNil(field.value)) {
            append(color,
                   printable(field.name) + '=' +
                       personValue(field, style_.time, clock_, /*quoted=*/true),
                   out);
        }
    }

    void append(std::string_view color, const std::string& text, std::string& out) {
        out += line_begins_ ? "" : " ";
        line_begins_ = false;
        if (style_.color && !color.empty()) {
            out += color;
            out += text;
            out += kColorOff;
        } else {
            out += text;
        }
    }

    PrintStyle style_;
    const base::Clock& clock_;
    std::vector<FieldView> fields_;
    bool line_begins_ = true;
};

}  // namespace

std::unique_ptr<RecordPrinter> makePrettyPrinter(const PrintStyle& style,
                                                 const base::Clock& clock) {
    return std::make_unique<PrettyPrinter>(style, clock);
}

}  // namespace evd::evctl
