// Aligned columns under their names, wide enough for what was surveyed. Columns are the union of
// all records' fields, whole records in the order that displayOrder gives; a cell is cut at
// kCellWidthMax and a line at the width of the terminal. A live record that brings a new field is
// preceded by the header line again.

#include "queryd/evctl/output/columns.h"
#include "queryd/evctl/output/person_view.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/record_printer.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr size_t kCellWidthMax = 80;
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kSeparator = "  ";

class TablePrinter final : public RecordPrinter {
  public:
    TablePrinter(const PrintStyle& style, const base::Clock& clock)
        : style_(style), clock_(clock) {}

    bool needsSurvey() const override { return true; }

    void survey(std::span<const uint8_t> record) override {
        if (!readFields(record, fields_).ok()) {
            return;
        }
        for (const FieldView& field : fields_) {
            if (const auto column = columns_.add(field.name)) {
                widths_.resize(columns_.names().size(), 0);
                const size_t name_width = displayWidth(printable(field.name));
                widths_[*column] =
                    std::min(kCellWidthMax,
                             std::max({widths_[*column], name_width, displayWidth(cellOf(field))}));
            }
        }
    }

    void begin(std::string& out) override {
        if (columns_.names().empty()) {
            return;
        }
        order_ = displayOrder(columns_.names());
        std::vector<std::string> names;
        for (const std::string& name : columns_.names()) {
            names.push_back(printable(name));
        }
        out += style_.color ? kBold : "";
        appendLine(names, out);
        out += style_.color ? kPlain : "";
        out += '\n';
    }

    void record(std::span<const uint8_t> record, std::string& out) override {
        if (is_live_ && bringsNewField(record)) {
            survey(record);
            begin(out);
        }
        if (!readFields(record, fields_).ok()) {
            return;
        }
        std::vector<std::string> cells(columns_.names().size());
        for (const FieldView& field : fields_) {
            if (const auto column = columns_.find(field.name)) {
                cells[*column] = cellOf(field);
            }
        }
        appendLine(cells, out);
        out += '\n';
    }

    void finish(std::string& out) override {
        is_live_ = true;
        if (columns_.overflowed()) {
            out += "(more fields than a table can have; --format pretty shows all)\n";
        }
    }

  private:
    std::string cellOf(const FieldView& field) {
        std::string text = personValue(field, style_.time, clock_, /*quoted=*/false);
        if (field.name == "event_type" && isImpostor(fields_)) {
            text += ' ';
            text += kImpostorMark;
        }
        return text;
    }

    bool bringsNewField(std::span<const uint8_t> record) {
        if (!readFields(record, fields_).ok() || columns_.names().size() >= kColumnsMax) {
            return false;
        }
        return std::any_of(fields_.begin(), fields_.end(),
                           [this](const FieldView& field) { return !columns_.find(field.name); });
    }

    void appendLine(const std::vector<std::string>& cells, std::string& out) const {
        std::string line;
        for (const size_t i : order_) {
            const std::string cell = cutToWidth(cells[i], kCellWidthMax);
            line += i == order_.front() ? std::string_view() : kSeparator;
            line += cell;
            const size_t width = displayWidth(cell);
            line.append(widths_[i] > width ? widths_[i] - width : 0, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += style_.width_max == 0 ? line : cutToWidth(line, style_.width_max);
    }

    PrintStyle style_;
    const base::Clock& clock_;
    Columns columns_;
    std::vector<size_t> order_;  // of the columns, as shown
    std::vector<size_t> widths_;
    std::vector<FieldView> fields_;
    bool is_live_ = false;
};

}  // namespace

std::unique_ptr<RecordPrinter> makeTablePrinter(const PrintStyle& style, const base::Clock& clock) {
    return std::make_unique<TablePrinter>(style, clock);
}

}  // namespace evd::evctl
