// evd_fuzz_links: evd_store

// Field names come from queryd, which is not trusted, and end up in CREATE INDEX; definitions come
// from databases that anybody may have touched. Byte 0 parts the input into name and definition.

#include "common/base/check.h"
#include "common/base/text.h"
#include "store/index_field.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

using evd::store::createIndexSql;
using evd::store::indexField;
using evd::store::indexName;
using evd::store::readMaterialIndex;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = evd::base::asText({data, size});
    const size_t parting = std::min(text.find('\0'), text.size());
    const std::string_view name = text.substr(0, parting);
    const std::string_view sql = text.substr(std::min(parting + 1, text.size()));
    (void)readMaterialIndex(name, sql);
    const auto field = indexField(name);
    if (!field) {
        return 0;
    }
    // What is accepted cannot leave its quotes, and is recognised when it is found again.
    EVD_CHECK(name.find_first_of("'\"; \\") == std::string_view::npos, "a name with punctuation");
    constexpr std::string_view kBegin = "CREATE INDEX IF NOT EXISTS ";
    const std::string stored =
        evd::base::cat("CREATE INDEX ", createIndexSql(field.value()).substr(kBegin.size()));
    const auto found = readMaterialIndex(indexName(field.value()), stored);
    EVD_CHECK(found && found->field == field.value(), "an index of ours is not recognised");
    return 0;
}
