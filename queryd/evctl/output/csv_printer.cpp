#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"
#include "queryd/evctl/output/columns.h"
#include "queryd/evctl/output/record_printer.h"

namespace evd::evctl {

namespace {

// RFC 4180 with a header line. Text stands as it is, everything else as in jsonl; nil is empty. A
// live record has the columns of the initial result. Where there are more columns than
// kCsvColumnsMax, records with a field that got none are refused.
class CsvPrinter final : public RecordPrinter {
  public:
    bool needsSurvey() const override { return true; }

    void survey(std::span<const uint8_t> record) override {
        if (readFields(record, fields_).ok()) {
            for (const FieldView& field : fields_) {
                columns_.add(field.name);
            }
        }
    }

    void begin(std::string& out) override {
        for (size_t i = 0; i < columns_.names().size(); ++i) {
            out += i == 0 ? "" : ",";
            appendCell(columns_.names()[i], out);
        }
        out += columns_.names().empty() ? "" : "\r\n";
    }

    void record(std::span<const uint8_t> record, std::string& out) override {
        if (!readFields(record, fields_).ok()) {
            return;
        }
        cells_.assign(columns_.names().size(), std::string());
        for (const FieldView& field : fields_) {
            if (const auto column = columns_.find(field.name)) {
                cells_[*column] = textOf(field.value);
            } else if (columns_.overflowed()) {
                ++refused_;
                return;
            }
        }
        for (size_t i = 0; i < cells_.size(); ++i) {
            out += i == 0 ? "" : ",";
            appendCell(cells_[i], out);
        }
        out += "\r\n";
    }

    uint64_t refused() const override { return refused_; }

  private:
    static std::string textOf(std::span<const uint8_t> value) {
        wire::MsgpackReader reader(value);
        const auto token = reader.next();
        if (!token.ok() || token.value().kind == wire::MsgpackKind::Nil) {
            return {};
        }
        if (token.value().kind == wire::MsgpackKind::Text) {
            return std::string(token.value().bytes);
        }
        std::string out;
        wire::appendJson(value, out);
        return out;
    }

    static void appendCell(std::string_view cell, std::string& out) {
        if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
            out += cell;
            return;
        }
        out += '"';
        for (const char letter : cell) {
            out += letter == '"' ? "\"\"" : std::string(1, letter);
        }
        out += '"';
    }

    Columns columns_{kCsvColumnsMax};
    std::vector<FieldView> fields_;
    std::vector<std::string> cells_;
    uint64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<RecordPrinter> makeCsvPrinter() {
    return std::make_unique<CsvPrinter>();
}

}  // namespace evd::evctl
