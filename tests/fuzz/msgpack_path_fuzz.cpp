// evd_fuzz_links: evd_common_wire
// findPath and listFields take the same view of any payload. The first byte says how many of the
// following bytes are a name to look for; the rest is the payload.

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack_path.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = evd::base;
    namespace wire = evd::wire;
    if (size == 0) {
        return 0;
    }
    const size_t name_bytes = std::min<size_t>(data[0], size - 1);
    const std::string_view name = base::asText({data + 1, name_bytes});
    const std::span<const uint8_t> payload(data + 1 + name_bytes, size - 1 - name_bytes);
    const auto fields = wire::listFields(payload);
    const auto found = wire::findPath(payload, name);
    bool listed = false;
    for (const auto& field : fields) {
        const auto again = wire::findPath(payload, field.name);
        EVD_CHECK(again.has_value() && again->data() == field.value.data() &&
                      again->size() == field.value.size(),
                  "each listed field is found where it was listed");
        listed = listed || field.name == name;
    }
    EVD_CHECK(listed == found.has_value(), "what is found is listed");
    if (name.find('.') == std::string_view::npos && !fields.empty()) {
        const auto peeked = wire::peekField(payload, name);
        EVD_CHECK(!found || (peeked && peeked->data() == found->data() &&
                             peeked->size() == found->size()),
                  "what is found is what peeking gives");
        EVD_CHECK(found || !peeked || name.size() > wire::kFieldNameBytesMax,
                  "peeking finds no more than there is");
    }
    return 0;
}
