// Records gather, by resource or by metric, until there are enough for a line; finish() writes what
// has gathered. Nothing is carried from one line into the next, so that a file may be cut between
// any two.

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"
#include "queryd/evctl/output/export_printers.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/otlp_value.h"
#include "queryd/evctl/output/record_fields.h"

#include <algorithm>
#include <optional>

namespace evd::evctl {

namespace {

constexpr std::string_view kScope = "\"scope\":{\"name\":\"eventd\"}";
constexpr size_t kTraceIdDigits = 32;
constexpr size_t kSpanIdDigits = 16;
constexpr int kSeverityInfo = 9;
constexpr int kSeverityError = 17;
constexpr int kCumulative = 2;

// Texts that belong together under one name, in the order in which the names came.
class Groups {
  public:
    std::string& of(std::string_view name) {
        const auto found = std::find_if(groups_.begin(), groups_.end(),
                                        [&](const Group& group) { return group.name == name; });
        Group& group =
            found != groups_.end() ? *found : groups_.emplace_back(Group{std::string(name), {}});
        group.items += group.items.empty() ? "" : ",";
        ++count_;
        return group.items;
    }
    bool isFull() const {
        size_t bytes = 0;
        for (const Group& group : groups_) {
            bytes += group.items.size();
        }
        return count_ >= kOtlpLineRecordsMax || bytes >= kOtlpLineBytesMax;
    }
    template <typename Write>
    void forEach(const Write& write) const {
        for (const Group& group : groups_) {
            write(group.name, group.items, /*is_first=*/&group == groups_.data());
        }
    }
    bool empty() const { return groups_.empty(); }
    void clear() {
        groups_.clear();
        count_ = 0;
    }

  private:
    struct Group {
        std::string name;
        std::string items;
    };
    std::vector<Group> groups_;
    size_t count_ = 0;
};

// What every kind of record needs of its fields.
class RecordReader {
  public:
    bool read(std::span<const uint8_t> record) { return readFields(record, fields_).ok(); }
    std::optional<wire::MsgpackToken> take(std::string_view name, wire::MsgpackKind kind) {
        const FieldView* found = findField(fields_, name);
        if (found == nullptr) {
            return std::nullopt;
        }
        wire::MsgpackReader reader(found->value);
        const auto token = reader.next();
        if (!token.ok() || token.value().kind != kind) {
            return std::nullopt;
        }
        erase(found);
        return token.value();
    }
    std::optional<double> takeNumber(std::string_view name) {
        const FieldView* found = findField(fields_, name);
        const auto number = found == nullptr ? std::nullopt : numberOf(found->value);
        if (number) {
            erase(found);
        }
        return number;
    }
    std::optional<std::string> takeText(std::string_view name) {
        const auto token = take(name, wire::MsgpackKind::Text);
        return token ? std::optional(std::string(token->bytes)) : std::nullopt;
    }
    // Nanoseconds as text, of the field that has the time.
    std::optional<std::string> takeTime() {
        auto token = take("timestamp", wire::MsgpackKind::Int);
        token = token ? token : take("bucket", wire::MsgpackKind::Int);
        return token && token->int_value >= 0 ? std::optional(base::cat(token->int_value))
                                              : std::nullopt;
    }
    // An id of so many hex digits, which may be bytes too; lower case, "" when there is none.
    std::string takeId(std::string_view name, size_t digits) {
        const FieldView* found = findField(fields_, name);
        if (found == nullptr) {
            return {};
        }
        wire::MsgpackReader value(found->value);
        const auto token = value.next();
        const bool is_bytes = token.ok() && token.value().kind == wire::MsgpackKind::Bytes;
        const bool is_text = token.ok() && token.value().kind == wire::MsgpackKind::Text;
        std::string hex = is_bytes  ? base::encodeHex(base::asBytes(token.value().bytes))
                          : is_text ? base::foldAscii(token.value().bytes)
                                    : std::string();
        if (hex.size() != digits || !base::decodeHex(hex).ok()) {
            return {};
        }
        erase(found);
        return hex;
    }
    std::string attributes() const {
        std::string out;
        for (const FieldView& field : fields_) {
            if (field.value.empty() || isNil(field.value)) {
                continue;  // nil says nothing
            }
            out += out.empty() ? "" : ",";
            appendAttribute(field.name, field.value, out);
        }
        return out;
    }

  private:
    void erase(const FieldView* field) {
        fields_.erase(fields_.begin() + (field - fields_.data()));
    }

    std::vector<FieldView> fields_;
};

class OtlpLogPrinter final : public RecordPrinter {
  public:
    void record(std::span<const uint8_t> record, std::string& out) override {
        if (!reader_.read(record)) {
            ++refused_;
            return;
        }
        const std::string text = recordText();
        groups_.of(service_) += text;
        if (groups_.isFull()) {
            finish(out);
        }
    }

    void finish(std::string& out) override {
        if (groups_.empty()) {
            return;
        }
        out += "{\"resourceLogs\":[";
        groups_.forEach([&](const std::string& service, const std::string& items, bool is_first) {
            out +=
                is_first ? "{\"resource\":{\"attributes\":[" : ",{\"resource\":{\"attributes\":[";
            appendTextAttribute("service.name", service, out);
            out += base::cat("]},\"scopeLogs\":[{", kScope, ",\"logRecords\":[", items, "]}]}");
        });
        out += "]}\n";
        groups_.clear();
    }

    uint64_t refused() const override { return refused_; }

  private:
    // What OTLP has a field for is taken out of the record; attributes are what is left.
    std::string recordText() {
        service_ = reader_.takeText("origin").value_or("eventd");
        const auto time = reader_.takeTime();
        std::string out = "{";
        if (time) {
            out += base::cat("\"timeUnixNano\":\"", *time, "\",\"observedTimeUnixNano\":\"", *time,
                             "\",");
        }
        if (const auto is_error = reader_.take("is_error", wire::MsgpackKind::Boolean)) {
            out +=
                base::cat("\"severityNumber\":", is_error->boolean ? kSeverityError : kSeverityInfo,
                          ",\"severityText\":\"", is_error->boolean ? "ERROR" : "INFO", "\",");
        }
        if (const auto type = reader_.takeText("event_type")) {
            out += "\"eventName\":";
            wire::appendJsonText(*type, out);
            out += ',';
        }
        if (const auto message = reader_.takeText("message")) {
            out += "\"body\":{\"stringValue\":";
            wire::appendJsonText(base::toUtf8(*message), out);
            out += "},";
        }
        appendId("traceId", reader_.takeId("trace_id", kTraceIdDigits), out);
        appendId("spanId", reader_.takeId("span_id", kSpanIdDigits), out);
        return base::cat(out, "\"attributes\":[", reader_.attributes(), "]}");
    }

    static void appendId(std::string_view name, const std::string& id, std::string& out) {
        out += id.empty() ? "" : base::cat('"', name, "\":\"", id, "\",");
    }

    RecordReader reader_;
    Groups groups_;
    std::string service_;
    uint64_t refused_ = 0;
};

class OtlpMetricPrinter final : public RecordPrinter {
  public:
    explicit OtlpMetricPrinter(IsCounter is_counter) : is_counter_(std::move(is_counter)) {}

    void record(std::span<const uint8_t> record, std::string& out) override {
        const bool is_read = reader_.read(record);
        const auto time = is_read ? reader_.takeTime() : std::nullopt;
        const auto name = is_read ? reader_.takeText("name") : std::nullopt;
        const auto value = is_read ? reader_.takeNumber("value") : std::nullopt;
        if (!time || !name || !value) {
            ++refused_;
            return;
        }
        std::string point = base::cat("{\"timeUnixNano\":\"", *time, "\",\"asDouble\":");
        appendOtlpDouble(*value, point);
        point += base::cat(",\"attributes\":[", reader_.attributes(), "]}");
        groups_.of(*name) += point;
        if (groups_.isFull()) {
            finish(out);
        }
    }

    void finish(std::string& out) override {
        if (groups_.empty()) {
            return;
        }
        out += "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[";
        appendTextAttribute("service.name", "eventd", out);
        out += base::cat("]},\"scopeMetrics\":[{", kScope, ",\"metrics\":[");
        groups_.forEach([&](const std::string& name, const std::string& points, bool is_first) {
            out += is_first ? "{\"name\":" : ",{\"name\":";
            wire::appendJsonText(name, out);
            out += is_counter_(name)
                       ? base::cat(",\"sum\":{\"aggregationTemporality\":", kCumulative,
                                   ",\"isMonotonic\":true,\"dataPoints\":[", points, "]}}")
                       : base::cat(",\"gauge\":{\"dataPoints\":[", points, "]}}");
        });
        out += "]}]}]}\n";
        groups_.clear();
    }

    uint64_t refused() const override { return refused_; }

  private:
    IsCounter is_counter_;
    RecordReader reader_;
    Groups groups_;
    uint64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<RecordPrinter> makeOtlpLogPrinter() {
    return std::make_unique<OtlpLogPrinter>();
}

std::unique_ptr<RecordPrinter> makeOtlpMetricPrinter(IsCounter is_counter) {
    return std::make_unique<OtlpMetricPrinter>(std::move(is_counter));
}

}  // namespace evd::evctl
