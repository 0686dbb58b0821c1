#include "queryd/transport/query_request.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace evd::queryd {

namespace {

using base::ErrorKind;
using base::fail;
using wire::MsgpackKind;

base::Error wrongType(std::string_view key, std::string_view wanted) {
    return fail(ErrorKind::Invalid, base::cat("the request's `", key, "` is not ", wanted));
}

base::Result<void> readKnown(std::string_view key, const wire::MsgpackToken& value,
                             QueryRequest& request) {
    if (key == "query") {
        if (value.kind != MsgpackKind::Text) {
            return wrongType(key, "text");
        }
        request.query = value.bytes;
    } else if (key == "watch" || key == "explain") {
        if (value.kind != MsgpackKind::Boolean) {
            return wrongType(key, "a boolean");
        }
        (key == "watch" ? request.watch : request.explain) = value.boolean;
    } else if (key == "limit_ms") {
        const bool is_large = value.kind == MsgpackKind::Uint;
        if (!is_large && (value.kind != MsgpackKind::Int || value.int_value < 1)) {
            return wrongType(key, "a positive integer");
        }
        request.limit_ms = is_large ? value.uint_value : static_cast<uint64_t>(value.int_value);
    }
    return {};
}

// Two texts are the same key whatever form they were written in; other keys are compared as bytes.
class SeenKeys {
  public:
    base::Result<void> add(bool is_text, std::string_view bytes) {
        const Key key{is_text, bytes};
        if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
            return fail(ErrorKind::Invalid, "the request has a key twice");
        }
        keys_.push_back(key);
        return {};
    }

  private:
    struct Key {
        bool is_text;
        std::string_view bytes;
        bool operator==(const Key&) const = default;
    };
    std::vector<Key> keys_;
};

// The bytes have been validated, so that reading on cannot fail half-way through a value.
base::Result<void> readPair(std::span<const uint8_t> body, wire::MsgpackReader& reader,
                            SeenKeys& seen, QueryRequest& request) {
    wire::MsgpackReader ahead = reader;
    const auto key = ahead.next();
    const size_t key_at = reader.offset();
    EVD_TRY(reader.skip());
    const bool is_text = key.ok() && key.value().kind == MsgpackKind::Text;
    EVD_TRY(seen.add(is_text, is_text
                                  ? key.value().bytes
                                  : base::asText(body.subspan(key_at, reader.offset() - key_at))));
    ahead = reader;
    const auto value = ahead.next();
    if (!value.ok()) {
        return value.error();
    }
    EVD_TRY(reader.skip());
    return is_text ? readKnown(key.value().bytes, value.value(), request) : base::Result<void>();
}

}  // namespace

base::Result<QueryRequest> parseQueryRequest(std::span<const uint8_t> body) {
    if (!wire::validateMsgpack(body, wire::kMsgpackDepthMax).ok()) {
        return fail(ErrorKind::Invalid,
                    "the request is not one well-formed msgpack value; send a map with `query`");
    }
    wire::MsgpackReader reader(body);
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != MsgpackKind::Map) {
        return fail(ErrorKind::Invalid, "the request is not a msgpack map; send one with `query`");
    }
    if (head.value().count > kRequestKeysMax) {
        return fail(ErrorKind::Invalid,
                    base::cat("the request has ", head.value().count, " keys; at most ",
                              kRequestKeysMax, " are accepted"));
    }
    QueryRequest request;
    SeenKeys seen;
    for (uint32_t i = 0; i < head.value().count; ++i) {
        EVD_TRY(readPair(body, reader, seen, request));
    }
    if (!seen.add(true, "query").ok()) {
        return request;
    }
    return fail(ErrorKind::Invalid, "the request has no `query`");
}

}  // namespace evd::queryd
