// evd_fuzz_links: evd_common_wire
// The reader, skip and the validator agree: what the validator accepts, the reader reads to the
// end.

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

namespace {

namespace base = evd::base;
namespace wire = evd::wire;

// Reads one value token by token; false when the reader refuses.
bool readAll(wire::MsgpackReader& reader, bool& all_text) {
    uint64_t pending = 1;
    while (pending > 0) {
        const auto token = reader.next();
        if (!token.ok()) {
            return false;
        }
        --pending;
        const auto& value = token.value();
        if (value.kind == wire::MsgpackKind::Array) {
            pending += value.count;
        } else if (value.kind == wire::MsgpackKind::Map) {
            pending += uint64_t{value.count} * 2;
        } else if (value.kind == wire::MsgpackKind::Text) {
            all_text = all_text && base::isUtf8(value.bytes);
        }
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> bytes(data, size);
    const bool is_valid = wire::validateMsgpack(bytes, wire::kMsgpackDepthMax + 1).ok();
    wire::MsgpackReader tokens(bytes);
    bool all_text = true;
    const bool is_readable = readAll(tokens, all_text);
    wire::MsgpackReader skipper(bytes);
    const bool is_skippable = skipper.skip().ok();
    EVD_CHECK(!is_skippable || (is_readable && tokens.offset() == skipper.offset()),
              "skip and next agree where a value ends");
    EVD_CHECK(is_valid == (is_skippable && all_text && skipper.atEnd()),
              "the validator accepts one whole value with clean text");
    return 0;
}
