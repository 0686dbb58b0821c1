#include "common/db/row_filter.h"

#include "common/db/column_kind.h"

#include <sqlite3.h>
#include <string>

namespace evd::db {

namespace {

// The arguments of one call.
class ArgumentRow final : public RowView {
  public:
    explicit ArgumentRow(sqlite3_value** values) : values_(values) {}

    ColumnKind columnKind(int index) const override {
        return columnKindOf(sqlite3_value_type(values_[index]));
    }
    int64_t columnInteger(int index) const override { return sqlite3_value_int64(values_[index]); }
    double columnFloat(int index) const override { return sqlite3_value_double(values_[index]); }
    std::string_view columnText(int index) const override {
        const unsigned char* text = sqlite3_value_text(values_[index]);
        return {reinterpret_cast<const char*>(text), text == nullptr ? 0 : bytesOf(index)};
    }
    std::span<const uint8_t> columnBlob(int index) const override {
        const void* blob = sqlite3_value_blob(values_[index]);
        return {static_cast<const uint8_t*>(blob), blob == nullptr ? 0 : bytesOf(index)};
    }

  private:
    size_t bytesOf(int index) const {
        return static_cast<size_t>(sqlite3_value_bytes(values_[index]));
    }

    sqlite3_value** values_;
};

void callFilter(sqlite3_context* context, int, sqlite3_value** values) {
    const auto& filter = *static_cast<RowFilter*>(sqlite3_user_data(context));
    sqlite3_result_int(context, filter && filter(ArgumentRow(values)) ? 1 : 0);
}

}  // namespace

base::Result<void> registerRowFilter(sqlite3* handle, RowFilter* filter) {
    const std::string name(kRowFilterName);
    const int outcome =
        sqlite3_create_function_v2(handle, name.c_str(), -1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                   filter, callFilter, nullptr, nullptr, nullptr);
    return outcome == SQLITE_OK
               ? base::Result<void>()
               : base::fail(base::ErrorKind::Io, "a row filter cannot be registered");
}

}  // namespace evd::db
