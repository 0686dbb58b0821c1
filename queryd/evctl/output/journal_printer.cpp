// An entry begins with the time, because a reader may decide by it, then what journalctl shows,
// then the rest. A field appears once, under the name that the journal knows or under ours.

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"
#include "queryd/evctl/output/export_printers.h"
#include "queryd/evctl/output/record_fields.h"

#include <algorithm>
#include <optional>

namespace evd::evctl {

namespace {

constexpr size_t kFieldNameBytesMax = 64;  // of journald
constexpr std::string_view kOurs = "EVENTD_";
constexpr std::string_view kErrorPriority = "3";
constexpr std::string_view kInfoPriority = "6";

// What the journal may show in a line of its own.
bool isPlainLine(std::string_view value) {
    const bool has_control = std::any_of(value.begin(), value.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return (byte < 0x20 && letter != '\t') || byte == 0x7F;
    });
    return !has_control && base::isUtf8(value);
}

void appendField(std::string_view name, std::string_view value, std::string& out) {
    out += name;
    if (isPlainLine(value)) {
        out += '=';
    } else {
        out += '\n';
        for (size_t i = 0; i < sizeof(uint64_t); ++i) {
            out += static_cast<char>((uint64_t{value.size()} >> (8 * i)) & 0xFF);
        }
    }
    out += value;
    out += '\n';
}

std::string ourName(std::string_view name) {
    std::string ours(kOurs);
    for (const char letter : name.substr(0, kFieldNameBytesMax - kOurs.size())) {
        const char folded = base::foldAscii(letter);
        const bool is_letter = folded >= 'a' && folded <= 'z';
        const bool is_digit = letter >= '0' && letter <= '9';
        ours += is_letter ? static_cast<char>(folded - 'a' + 'A') : is_digit ? letter : '_';
    }
    return ours;
}

// Nothing for nil.
std::optional<std::string> valueText(std::span<const uint8_t> value) {
    wire::MsgpackReader reader(value);
    const auto token = reader.next();
    if (!token.ok() || token.value().kind == wire::MsgpackKind::Nil) {
        return std::nullopt;
    }
    if (token.value().kind == wire::MsgpackKind::Text ||
        token.value().kind == wire::MsgpackKind::Bytes) {
        return std::string(token.value().bytes);
    }
    std::string out;
    wire::appendJson(value, out);
    return out;
}

class JournalPrinter final : public RecordPrinter {
  public:
    void record(std::span<const uint8_t> record, std::string& out) override {
        if (!readFields(record, fields_).ok() || !appendTime(out)) {
            ++refused_;
            return;
        }
        if (const auto boot = take("boot_id")) {
            std::string digits;
            std::copy_if(boot->begin(), boot->end(), std::back_inserter(digits), [](char letter) {
                return letter != '-' && letter != '{' && letter != '}';
            });
            appendField("_BOOT_ID", digits, out);
        }
        appendShown(out);
        for (const FieldView& field : fields_) {
            const auto text = valueText(field.value);
            if (text) {
                appendField(ourName(field.name), *text, out);
            }
        }
        out += '\n';
    }

    uint64_t refused() const override { return refused_; }

  private:
    bool appendTime(std::string& out) {
        const auto text = take("timestamp");
        const auto ns = base::parseU64(text.value_or(""));
        if (!ns.ok() || ns.value() < 1000) {
            return false;  // journald knows no moment 0
        }
        appendField("__REALTIME_TIMESTAMP", base::cat(ns.value() / 1000), out);
        appendField("EVENTD_TIMESTAMP", *text, out);
        return true;
    }

    // Priority, identifier and message.
    void appendShown(std::string& out) {
        if (const auto is_error = take("is_error")) {
            appendField("PRIORITY", *is_error == "true" ? kErrorPriority : kInfoPriority, out);
        }
        auto message = take("message");
        if (const auto origin = take("origin")) {
            appendField("SYSLOG_IDENTIFIER", *origin, out);
        } else {
            appendField("SYSLOG_IDENTIFIER", "eventd", out);
            message = message ? message : textOf("event_type");
            message = message ? message : sampleText();
        }
        appendField("MESSAGE", message.value_or(""), out);
    }

    std::optional<std::string> sampleText() const {
        const auto name = textOf("name");
        return name ? std::optional(base::cat(*name, ' ', textOf("value").value_or("")))
                    : std::nullopt;
    }

    std::optional<std::string> textOf(std::string_view name) const {
        const FieldView* found = findField(fields_, name);
        return found == nullptr ? std::nullopt : valueText(found->value);
    }
    // The same, and the field is done with.
    std::optional<std::string> take(std::string_view name) {
        const FieldView* found = findField(fields_, name);
        if (found == nullptr) {
            return std::nullopt;
        }
        auto text = valueText(found->value);
        fields_.erase(fields_.begin() + (found - fields_.data()));
        return text;
    }

    std::vector<FieldView> fields_;
    uint64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<RecordPrinter> makeJournalPrinter() {
    return std::make_unique<JournalPrinter>();
}

}  // namespace evd::evctl
