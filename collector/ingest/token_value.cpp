#include "collector/ingest/token_value.h"

#include <limits>

namespace evd::collector {

using wire::MsgpackKind;
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

}  // namespace evd::collector
