#include "common/wire/stored_event.h"

namespace evd::wire {

namespace {

base::Error malformed() {
    return base::fail(base::ErrorKind::Invalid, "the bytes are no stored event");
}

base::Result<void> take(MsgpackReader& reader, std::optional<int64_t>& out) {
    const auto token = reader.next();
    if (!token.ok()) {
        return token.error();
    }
    if (token.value().kind == MsgpackKind::Int) {
        out = token.value().int_value;
    } else if (token.value().kind != MsgpackKind::Nil) {
        return malformed();
    }
    return {};
}

base::Result<void> take(MsgpackReader& reader, std::optional<std::vector<uint8_t>>& out) {
    const auto token = reader.next();
    if (!token.ok()) {
        return token.error();
    }
    if (token.value().kind == MsgpackKind::Bytes) {
        const std::string_view bytes = token.value().bytes;
        out.emplace(bytes.begin(), bytes.end());
    } else if (token.value().kind != MsgpackKind::Nil) {
        return malformed();
    }
    return {};
}

base::Result<void> take(MsgpackReader& reader, std::optional<base::Guid>& out) {
    std::optional<std::vector<uint8_t>> bytes;
    EVD_TRY(take(reader, bytes));
    if (bytes) {
        const auto guid = base::guidFromBytes(*bytes);
        if (!guid) {
            return malformed();
        }
        out = guid.value();
    }
    return {};
}

}  // namespace

base::Result<StoredEvent> readStoredEvent(MsgpackReader& reader) {
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != MsgpackKind::Array ||
        head.value().count != kStoredEventFields) {
        return malformed();
    }
    StoredEvent event;
    std::optional<int64_t> id;
    std::optional<base::Guid> boot;
    std::optional<int64_t> timestamp;
    EVD_TRY(take(reader, id));
    EVD_TRY(take(reader, boot));
    EVD_TRY(take(reader, timestamp));
    EVD_TRY(take(reader, event.cpu));
    EVD_TRY(take(reader, event.sequence));
    EVD_TRY(take(reader, event.origin_class));
    const auto type = reader.next();
    if (!id || !boot || !timestamp || !type.ok() || type.value().kind != MsgpackKind::Text) {
        return malformed();
    }
    event.id = *id;
    event.boot = *boot;
    event.timestamp_ns = *timestamp;
    event.type = type.value().bytes;
    EVD_TRY(take(reader, event.effective_token));
    EVD_TRY(take(reader, event.true_token));
    EVD_TRY(take(reader, event.process));
    EVD_TRY(take(reader, event.payload));
    return event;
}

}  // namespace evd::wire
