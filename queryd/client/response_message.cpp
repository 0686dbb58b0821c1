#include "queryd/client/response_message.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <optional>
#include <string_view>

namespace evd::queryd {

namespace {

using wire::MsgpackKind;
using wire::MsgpackReader;

// A record may nest as deeply as a payload, inside the message's map and array.
constexpr uint32_t kMessageDepthMax = wire::kMsgpackDepthMax + 3;

base::Error corrupt(std::string_view what) {
    return base::fail(base::ErrorKind::Corrupt, base::cat("the server's answer is broken: ", what));
}

std::optional<ResponseStatus> statusOf(std::string_view word) {
    if (word == "ok") {
        return ResponseStatus::Ok;
    }
    if (word == "end") {
        return ResponseStatus::End;
    }
    if (word == "error") {
        return ResponseStatus::Error;
    }
    return word == "watch" ? std::optional(ResponseStatus::Watch) : std::nullopt;
}

base::Result<void> readRecords(std::span<const uint8_t> body, MsgpackReader& reader,
                               ResponseMessage& message) {
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != MsgpackKind::Array) {
        return corrupt("`records` is not an array");
    }
    for (uint32_t i = 0; i < head.value().count; ++i) {
        const size_t from = reader.offset();
        MsgpackReader ahead = reader;
        const auto record = ahead.next();
        if (!record.ok() || record.value().kind != MsgpackKind::Map) {
            return corrupt("a record is not a map");
        }
        EVD_TRY(reader.skip(kMessageDepthMax));
        message.records.push_back(body.subspan(from, reader.offset() - from));
    }
    return {};
}

struct Seen {
    std::optional<std::string_view> status;
    bool records = false;
    bool error = false;
};

base::Result<void> readPair(std::span<const uint8_t> body, MsgpackReader& reader,
                            ResponseMessage& message, Seen& seen) {
    MsgpackReader ahead = reader;
    const auto key = ahead.next();
    EVD_TRY(reader.skip(kMessageDepthMax));
    const std::string_view name =
        key.ok() && key.value().kind == MsgpackKind::Text ? key.value().bytes : std::string_view();
    if (name == "records") {
        seen.records = true;
        return readRecords(body, reader, message);
    }
    ahead = reader;
    EVD_TRY(reader.skip(kMessageDepthMax));
    const auto value = ahead.next();
    const bool is_text = value.ok() && value.value().kind == MsgpackKind::Text;
    if (name == "status" && is_text) {
        seen.status = value.value().bytes;
    } else if (name == "error" && is_text) {
        seen.error = true;
        message.error = value.value().bytes;
    }
    return {};
}

}  // namespace

base::Result<ResponseMessage> parseResponse(std::span<const uint8_t> body) {
    MsgpackReader reader(body);
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != MsgpackKind::Map) {
        return corrupt("a message is not a map");
    }
    ResponseMessage message;
    Seen seen;
    for (uint32_t i = 0; i < head.value().count; ++i) {
        const auto read = readPair(body, reader, message, seen);
        if (!read.ok()) {
            return corrupt(read.error().text);
        }
    }
    if (!reader.atEnd()) {
        return corrupt("bytes follow a message");
    }
    const auto status = seen.status ? statusOf(*seen.status) : std::nullopt;
    if (!status) {
        return corrupt("a message without a known status");
    }
    message.status = *status;
    if ((*status == ResponseStatus::Ok && !seen.records) ||
        (*status == ResponseStatus::Error && !seen.error)) {
        return corrupt("a message lacks what its status promises");
    }
    return message;
}

}  // namespace evd::queryd
