#include "collector/ingest/token_value.h"

#include <limits>

namespace evd::collector {

using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

bool isScalar(const MsgpackToken& token) {
    return token.kind != MsgpackKind::Array && token.kind != MsgpackKind::Map;
}

std::optional<int64_t> asTimestamp(const MsgpackToken& token) {
    if (token.kind == MsgpackKind::Uint) {
        return std::numeric_limits<int64_t>::max();
    }
    if (token.kind == MsgpackKind::Int && token.int_value >= 0) {
        return token.int_value;
    }
    return std::nullopt;
}

bool skipRest(MsgpackReader& reader, const MsgpackToken& head) {
    uint64_t values = 0;
    if (head.kind == MsgpackKind::Array) {
        values = head.count;
    } else if (head.kind == MsgpackKind::Map) {
        values = uint64_t{2} * head.count;
    }
    for (; values > 0; --values) {
        if (!reader.skip(kValueDepthMax).ok()) {
            return false;
        }
    }
    return true;
}

}  // namespace evd::collector
