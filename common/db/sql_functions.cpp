// The thin skin between SQLite and common/db/sql_value.h. Compiled twice: into evd_common_db, where
// SQLite is linked, and into the loadable extension, where the names of its functions are macros
// that lead through the table which the loading program hands over.

#include "common/db/sql_functions.h"

#include "common/base/text.h"
#include "common/db/sql_value.h"

#ifdef EVD_SQLITE_EXTENSION
#include <sqlite3ext.h>
extern "C" {
SQLITE_EXTENSION_INIT3
}
#else
#include <sqlite3.h>
#endif

#include <array>

namespace evd::db {

namespace {

std::span<const uint8_t> blobOf(sqlite3_value* argument) {
    const void* bytes = sqlite3_value_blob(argument);
    const int count = sqlite3_value_bytes(argument);
    return {static_cast<const uint8_t*>(bytes), bytes == nullptr ? 0 : static_cast<size_t>(count)};
}

std::string_view textOf(sqlite3_value* argument) {
    // Asking for the text may convert it; only then is the length that of the text.
    const unsigned char* text = sqlite3_value_text(argument);
    const int count = sqlite3_value_bytes(argument);
    return {reinterpret_cast<const char*>(text), text == nullptr ? 0 : static_cast<size_t>(count)};
}

bool isBlob(sqlite3_value* argument) {
    return sqlite3_value_type(argument) == SQLITE_BLOB;
}

bool isText(sqlite3_value* argument) {
    return sqlite3_value_type(argument) == SQLITE_TEXT;
}

void answer(sqlite3_context* context, const SqlValue& value) {
    const std::string_view content = value.content();
    const char* bytes = content.data() == nullptr ? "" : content.data();  // a null pointer is NULL
    switch (value.kind) {
        case SqlValue::Kind::Null:
            sqlite3_result_null(context);
            break;
        case SqlValue::Kind::Integer:
            sqlite3_result_int64(context, value.integer);
            break;
        case SqlValue::Kind::Float:
            sqlite3_result_double(context, value.floating);
            break;
        case SqlValue::Kind::Text:
            sqlite3_result_text64(context, bytes, content.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
            break;
        case SqlValue::Kind::Blob:
            sqlite3_result_blob64(context, bytes, content.size(), SQLITE_TRANSIENT);
            break;
    }
}

void extractField(sqlite3_context* context, int, sqlite3_value** arguments) {
    const bool usable = isBlob(arguments[0]) && isText(arguments[1]);
    answer(context,
           usable ? msgpackExtract(blobOf(arguments[0]), textOf(arguments[1])) : SqlValue{});
}

void toJson(sqlite3_context* context, int, sqlite3_value** arguments) {
    answer(context, isBlob(arguments[0]) ? msgpackToJson(blobOf(arguments[0])) : SqlValue{});
}

void toGuidText(sqlite3_context* context, int, sqlite3_value** arguments) {
    answer(context, isBlob(arguments[0]) ? guidText(blobOf(arguments[0])) : SqlValue{});
}

void toGuidBlob(sqlite3_context* context, int, sqlite3_value** arguments) {
    answer(context, isText(arguments[0]) ? guidBlob(textOf(arguments[0])) : SqlValue{});
}

struct Function {
    const char* name;
    int arguments;
    void (*call)(sqlite3_context*, int, sqlite3_value**);
};

constexpr std::array<Function, 4> kFunctions = {{{"msgpack_extract", 2, &extractField},
                                                 {"msgpack_to_json", 1, &toJson},
                                                 {"guid_text", 1, &toGuidText},
                                                 {"guid_blob", 1, &toGuidBlob}}};

}  // namespace

base::Result<void> registerSqlFunctions(sqlite3* handle) {
    for (const Function& function : kFunctions) {
        const int outcome =
            sqlite3_create_function_v2(handle, function.name, function.arguments,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                       nullptr, function.call, nullptr, nullptr, nullptr);
        if (outcome != SQLITE_OK) {
            return base::fail(base::ErrorKind::Io,
                              base::cat("function ", function.name, ": ", sqlite3_errmsg(handle)));
        }
    }
    return {};
}

}  // namespace evd::db
