// Aligned columns under their names. The survey learns what each column holds; begin() decides from
// that which columns are shown and how wide (column_fit.h), and says at the end which are not. A
// cell that is too wide is cut, with a mark, or with --wrap goes on in the line below. A result
// that counts gets a bar behind each count. A live record that brings a new field is preceded by
// the heading again.

#include "queryd/evctl/output/bar.h"
#include "queryd/evctl/output/column_fit.h"
#include "queryd/evctl/output/columns.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/meaning.h"
#include "queryd/evctl/output/person_view.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/record_printer.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr size_t kCellWidthMax = 80;     // where there is no terminal to fit
constexpr size_t kFittedCellMax = 4096;  // a wider one is no wider to the layout
constexpr size_t kBarWidthLeast = 8;
constexpr size_t kBarWidthMost = 40;
constexpr size_t kComparedBytes = 256;
constexpr int kEmptyRank = 10;  // a column without a value goes before all others
constexpr std::string_view kCount = "count";

// What the survey has seen of a column.
struct ColumnContent {
    size_t width = 0;
    bool rigid = true;  // only numbers and times so far
    bool empty = true;
    bool constant = true;  // the same in all records
    bool seen = false;
    std::string first;  // its first text, as far as it is compared
};

class TablePrinter final : public RecordPrinter {
  public:
    TablePrinter(const PrintStyle& style, const base::Clock& clock)
        : style_(style), clock_(clock) {}

    bool needsSurvey() const override { return true; }

    void survey(std::span<const uint8_t> record) override {
        if (!readFields(record, fields_).ok()) {
            return;
        }
        ++records_;
        for (const FieldView& field : fields_) {
            const auto column = columns_.add(field.name);
            if (!column) {
                continue;
            }
            contents_.resize(columns_.names().size());
            learn(field, contents_[*column]);
            if (field.name == kCount) {
                count_max_ = std::max(count_max_, numberOf(field.value).value_or(0));
            }
        }
    }

    void begin(std::string& out) override {
        if (columns_.names().empty()) {
            return;
        }
        layOut();
        std::vector<std::string> names;
        for (const std::string& name : columns_.names()) {
            names.push_back(printable(name));
        }
        appendLines(names, kColorBold, {}, out);
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
        appendLines(cells, colorOf(meaningOf(fields_)), barOf(), out);
    }

    void finish(std::string& out) override {
        is_live_ = true;
        if (columns_.overflowed()) {
            out += "(more fields than a table can have; --format pretty shows all)\n";
        }
        std::string hidden;
        for (const size_t column : hidden_) {
            hidden += base::cat(hidden.empty() ? "" : ", ", printable(columns_.names()[column]));
        }
        if (!hidden.empty()) {
            const std::string note = base::cat("(--format pretty has also ", hidden, ')');
            out += colored(cutToWidth(note, style_.width_max), kColorDim, style_.color) + '\n';
        }
    }

  private:
    void learn(const FieldView& field, ColumnContent& content) const {
        const std::string cell = cellOf(field);
        const size_t name_width = displayWidth(printable(field.name));
        const size_t cell_max = style_.width_max > 0 ? kFittedCellMax : kCellWidthMax;
        content.width =
            std::min(cell_max, std::max({content.width, name_width, displayWidth(cell)}));
        content.empty = content.empty && cell.empty();
        const std::string_view compared = std::string_view(cell).substr(0, kComparedBytes);
        content.first = content.seen ? content.first : std::string(compared);
        content.constant = content.constant && compared == content.first;
        content.seen = true;
        content.rigid = content.rigid && (cell.empty() || isTimeField(field.name) ||
                                          numberOf(field.value).has_value());
    }

    void layOut() {
        order_ = displayOrder(columns_.names());
        has_bars_ = style_.bars && order_.size() >= 2 && count_max_ > 0 &&
                    columns_.names()[order_.back()] == kCount;
        std::vector<ColumnNeed> needs;
        for (const size_t column : order_) {
            const ColumnContent& content = contents_[column];
            needs.push_back({content.width, content.rigid && !content.empty, rankOf(column)});
        }
        const size_t reserved = has_bars_ ? kBarWidthLeast + kColumnGap : 0;
        const size_t width_max = style_.width_max > reserved + kColumnWidthLeast
                                     ? style_.width_max - reserved
                                     : style_.width_max;
        widths_ = fitColumns(needs, width_max);
        hidden_.clear();
        for (size_t i = 0; i < order_.size(); ++i) {
            if (widths_[i] == 0) {
                hidden_.push_back(order_[i]);
            }
        }
    }

    // What is empty tells nothing, and what is the same everywhere little.
    int rankOf(size_t column) const {
        const ColumnContent& content = contents_[column];
        const bool is_constant = content.constant && records_ > 1;
        return content.empty ? kEmptyRank : hidingRank(columns_, column, is_constant);
    }

    std::string cellOf(const FieldView& field) const {
        std::string text = personValue(field, style_.time, clock_, /*quoted=*/false);
        if (field.name == "event_type" && isImpostor(fields_)) {
            text += ' ';
            text += kImpostorMark;
        }
        return text;
    }

    // The bar of the record whose fields are being shown.
    std::string barOf() const {
        const FieldView* count = has_bars_ ? findField(fields_, kCount) : nullptr;
        if (count == nullptr) {
            return {};
        }
        size_t taken = 0;
        for (const size_t width : widths_) {
            taken += width > 0 ? width + kColumnGap : 0;
        }
        const size_t left = style_.width_max > taken ? style_.width_max - taken : kBarWidthLeast;
        const size_t width = style_.width_max == 0 ? kBarWidthMost : std::min(left, kBarWidthMost);
        return barText(numberOf(count->value).value_or(0) / count_max_, width, style_.unicode);
    }

    bool bringsNewField(std::span<const uint8_t> record) {
        if (!readFields(record, fields_).ok() || columns_.names().size() >= kColumnsMax) {
            return false;
        }
        return std::any_of(fields_.begin(), fields_.end(),
                           [this](const FieldView& field) { return !columns_.find(field.name); });
    }

    // One line, or as many as the widest cell needs when text is wrapped.
    void appendLines(const std::vector<std::string>& cells, std::string_view color,
                     const std::string& bar, std::string& out) const {
        std::vector<std::vector<std::string>> pieces(order_.size());
        size_t lines = 1;
        for (size_t i = 0; i < order_.size(); ++i) {
            if (widths_[i] == 0) {
                continue;
            }
            const std::string& cell = cells[order_[i]];
            pieces[i] = style_.wrap ? wrapToWidth(cell, widths_[i])
                                    : std::vector<std::string>{cutToWidth(cell, widths_[i])};
            lines = std::max(lines, pieces[i].size());
        }
        for (size_t line = 0; line < lines; ++line) {
            std::string text = lineOf(pieces, line);
            if (line == 0 && !bar.empty()) {
                text += std::string(kColumnGap, ' ') + bar;
            }
            text.erase(text.find_last_not_of(' ') + 1);
            out += colored(text, color, style_.color) + '\n';
        }
    }

    std::string lineOf(const std::vector<std::vector<std::string>>& pieces, size_t line) const {
        std::string text;
        bool is_first = true;
        for (size_t i = 0; i < order_.size(); ++i) {
            if (widths_[i] == 0) {
                continue;
            }
            text.append(is_first ? 0 : kColumnGap, ' ');
            is_first = false;
            const std::string cell = line < pieces[i].size() ? pieces[i][line] : std::string();
            const size_t width = displayWidth(cell);
            text += cell;
            text.append(widths_[i] > width ? widths_[i] - width : 0, ' ');
        }
        return text;
    }

    PrintStyle style_;
    const base::Clock& clock_;
    Columns columns_;
    std::vector<ColumnContent> contents_;
    std::vector<size_t> order_;   // of the columns, as shown
    std::vector<size_t> widths_;  // in that order; 0 is hidden
    std::vector<size_t> hidden_;
    std::vector<FieldView> fields_;
    uint64_t records_ = 0;  // surveyed
    double count_max_ = 0;
    bool has_bars_ = false;
    bool is_live_ = false;
};

}  // namespace

std::unique_ptr<RecordPrinter> makeTablePrinter(const PrintStyle& style, const base::Clock& clock) {
    return std::make_unique<TablePrinter>(style, clock);
}

}  // namespace evd::evctl
