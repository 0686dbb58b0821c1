#include "queryd/evctl/output/explanation_printer.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/record_fields.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

namespace {

using Row = std::vector<std::string>;

// The fields of one record by name; what is not there is empty or 0.
class Fields {
  public:
    explicit Fields(const std::vector<FieldView>& fields) : fields_(fields) {}

    std::string text(std::string_view name) const {
        const auto token = find(name);
        return token && token->kind == wire::MsgpackKind::Text ? printable(token->bytes) : "";
    }
    uint64_t number(std::string_view name) const {
        const auto token = find(name);
        return token && token->kind == wire::MsgpackKind::Int && token->int_value > 0
                   ? static_cast<uint64_t>(token->int_value)
                   : 0;
    }
    bool isSet(std::string_view name) const {
        const auto token = find(name);
        return token && token->kind == wire::MsgpackKind::Boolean && token->boolean;
    }

  private:
    std::optional<wire::MsgpackToken> find(std::string_view name) const {
        for (const FieldView& field : fields_) {
            if (field.name == name) {
                auto token = wire::MsgpackReader(field.value).next();
                return token.ok() ? std::optional(token.value()) : std::nullopt;
            }
        }
        return std::nullopt;
    }

    const std::vector<FieldView>& fields_;
};

std::string milliseconds(uint64_t time_ns) {
    const uint64_t microseconds = time_ns / 1000;
    const std::string fraction = base::cat(microseconds % 1000);
    return base::cat(microseconds / 1000, '.', std::string(3 - fraction.size(), '0'), fraction,
                     " ms");
}

class ExplanationPrinter final : public RecordPrinter {
  public:
    void record(std::span<const uint8_t> record, std::string&) override {
        if (!readFields(record, views_).ok()) {
            return;
        }
        const Fields fields(views_);
        const std::string step = fields.text("step");
        if (step == "plan") {
            plan_ += base::cat("  ", fields.text("text"), '\n');
        } else if (step == "answer") {
            takeAnswer(fields);
        } else if (!step.empty()) {
            takeRead(step, fields);
        }
    }

    void finish(std::string& out) override {
        out += base::cat("Plan\n", plan_);
        out += "\nRead\n";
        out += reads_.size() == 1 ? "  nothing\n" : alignedTable(reads_);
        out += base::cat("\n", answer_);
    }

  private:
    void takeRead(const std::string& step, const Fields& fields) {
        std::string how = fields.text("access");
        if (fields.isSet("cut_short")) {
            how += how.empty() ? "cut short" : "; cut short";
        }
        if (fields.isSet("left_out")) {
            how += how.empty() ? "could not be read" : "; could not be read";
        }
        reads_.push_back({base::cat("  ", step), fields.text("database"),
                          base::cat(fields.number("rows_looked_at")),
                          base::cat(fields.number("rows_matched")),
                          bytesText(fields.number("bytes_read")),
                          milliseconds(fields.number("time_ns")), std::move(how)});
    }

    void takeAnswer(const Fields& fields) {
        answer_ = base::cat("Answer\n  ", fields.number("records"), " records, ",
                            bytesText(fields.number("bytes")), ", in ",
                            milliseconds(fields.number("time_ns")), '\n');
        const std::string error = fields.text("error");
        answer_ += error.empty() ? "" : base::cat("  failed: ", error, '\n');
    }

    std::vector<FieldView> views_;  // of the record at hand
    std::string plan_;
    std::string answer_;
    std::vector<Row> reads_ = {
        {"  step", "database", "looked at", "matched", "bytes read", "time", "how"}};
};

}  // namespace

std::unique_ptr<RecordPrinter> makeExplanationPrinter() {
    return std::make_unique<ExplanationPrinter>();
}

}  // namespace evd::evctl
