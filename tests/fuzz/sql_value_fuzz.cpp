// evd_fuzz_links: evd_common_db
// The SQL functions on any bytes. The first byte says how many of the following ones are a path;
// the rest is the payload, which is a GUID and a GUID's text as well.

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/db/sql_value.h"
#include "common/wire/msgpack_path.h"

#include <algorithm>

namespace {

using evd::db::SqlValue;

bool isSame(const SqlValue& left, const SqlValue& right) {
    return left.kind == right.kind && left.integer == right.integer &&
           left.floating == right.floating && left.content() == right.content();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = evd::base;
    namespace db = evd::db;
    if (size == 0) {
        return 0;
    }
    const size_t path_bytes = std::min<size_t>(data[0], size - 1);
    const std::string_view path = base::asText({data + 1, path_bytes});
    const std::span<const uint8_t> payload(data + 1 + path_bytes, size - 1 - path_bytes);
    EVD_CHECK(isSame(db::msgpackExtract(payload, path), db::msgpackExtract(payload, path)),
              "an index on it can be trusted");
    for (const auto& field : evd::wire::listFields(payload)) {
        const auto value = db::msgpackExtract(payload, "$." + field.name);
        EVD_CHECK(value.kind != SqlValue::Kind::Null || field.value.size() == 1 ||
                      field.value[0] == 0xca || field.value[0] == 0xcb,
                  "what is shown is found; only nil and NaN are NULL");
    }
    const auto json = db::msgpackToJson(payload);
    EVD_CHECK(base::isUtf8(json.content()), "JSON is text");
    EVD_CHECK(json.content().find('\n') == std::string_view::npos, "on one line");
    const auto text = db::guidText(payload);
    if (text.kind == SqlValue::Kind::Text) {
        EVD_CHECK(db::guidBlob(text.content()).content() == base::asText(payload),
                  "a GUID comes back");
    }
    (void)db::guidBlob(base::asText(payload));  // only must not misread its bounds
    return 0;
}
